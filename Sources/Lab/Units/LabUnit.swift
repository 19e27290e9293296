/// What a unit becomes in the lab.
enum LabUnit: Hashable, Sendable {
    /// A SIP endpoint that also answers ARI.
    case asterisk(version: String, sipPort: Int, ariPort: Int)
    /// Our own announcer: its arguments after the program's name.
    case announcer(arguments: [String])
    /// It runs as nothing.
    case other

    init(options: [FleetOption]) {
        func value(_ section: String, _ name: String) -> String? {
            options.last { $0.section == section && $0.name == name }?.value
        }
        let words = CommandWords.split(value("Service", "ExecStart") ?? "")
        switch value("X-Dialtone", "Component") {
        case "asterisk":
            let variables = LabUnit.environment(words)
            self = .asterisk(
                version: LabUnit.version(image: words.last ?? ""),
                sipPort: variables["DIALTONE_SIP_PORT"].flatMap(Int.init) ?? 5060,
                ariPort: variables["DIALTONE_ARI_PORT"].flatMap(Int.init) ?? 8088)
        case "announcer" where words.count > 1: self = .announcer(arguments: Array(words.dropFirst()))
        default: self = .other
        }
    }

    /// The variables of `--env NAME=VALUE` or `--env=NAME=VALUE`.
    private static func environment(_ words: [String]) -> [String: String] {
        var variables: [String: String] = [:]
        for (index, word) in words.enumerated() {
            var pair: Substring?
            if word == "--env" || word == "-e" {
                pair = index + 1 < words.count ? words[index + 1][...] : nil
            } else if word.hasPrefix("--env=") {
                pair = word.dropFirst("--env=".count)
            }
            let sides = pair?.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false) ?? []
            if sides.count == 2 { variables[String(sides[0])] = String(sides[1]) }
        }
        return variables
    }

    /// The tag of an image's name, as `20.9`; without one, `latest`.
    static func version(image: String) -> String {
        let name = image.prefix { $0 != "@" }
        let last = name.split(separator: "/").last ?? ""
        guard let colon = last.firstIndex(of: ":") else { return "latest" }
        return String(last[last.index(after: colon)...])
    }
}
