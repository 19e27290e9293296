/// What a unit becomes in the lab.
enum LabUnit: Hashable, Sendable {
    /// An Asterisk, or a SIP endpoint that answers like one.
    case asterisk(AsteriskWish)
    /// Our own announcer, or the agent beside a Kamailio: its arguments after the program's name.
    case agent(arguments: [String])
    /// A Kamailio: the command that renders its configuration, after the program's name, and its own arguments.
    case kamailio(render: [String], arguments: [String])
    /// It runs as nothing.
    case other

    init(options: [FleetOption]) {
        func value(_ section: String, _ name: String) -> String? {
            options.last { $0.section == section && $0.name == name }?.value
        }
        let words = CommandWords.split(value("Service", "ExecStart") ?? "")
        switch value("X-Dialtone", "Component") {
        case "asterisk":
            self = .asterisk(
                AsteriskWish(image: words.last ?? "", variables: LabUnit.environment(words)))
        case "kamailio":
            let before = options.filter { $0.section == "Service" && $0.name == "ExecStartPre" }
                .map { CommandWords.split($0.value) }
            guard let render = before.first(where: { $0.dropFirst().first == "kamailio" }),
                let entry = words.firstIndex(of: "--entrypoint"), entry + 3 <= words.count
            else {
                self = .other
                return
            }
            self = .kamailio(render: Array(render.dropFirst()), arguments: Array(words.dropFirst(entry + 3)))
        case "announcer" where words.count > 1, "dispatcher" where words.count > 1:
            self = .agent(arguments: Array(words.dropFirst()))
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
}

/// What an Asterisk unit asks for: the version that its image's tag names, and its ports.
struct AsteriskWish: Hashable, Sendable {
    /// The tag, as `20.9`.
    var version: String
    var sipPort: Int
    var amiPort: Int
    var ariPort: Int
    var rtpPorts: ClosedRange<Int>

    /// The version before its first dot, as 22 of `22.1-alpine`; `nil` of one that is no number.
    var major: Int? { Int(version.prefix { $0.isNumber }) }

    init(
        version: String, sipPort: Int = 5060, amiPort: Int = 5038, ariPort: Int = 8088,
        rtpPorts: ClosedRange<Int> = 20_000...20_999
    ) {
        self.version = version
        self.sipPort = sipPort
        self.amiPort = amiPort
        self.ariPort = ariPort
        self.rtpPorts = rtpPorts
    }

    init(image: String, variables: [String: String]) {
        self.init(version: AsteriskWish.version(image: image))
        func port(_ name: String, _ fallback: Int) -> Int {
            variables["DIALTONE_\(name)_PORT"].flatMap(Int.init) ?? fallback
        }
        sipPort = port("SIP", sipPort)
        amiPort = port("AMI", amiPort)
        ariPort = port("ARI", ariPort)
        let ends = (variables["DIALTONE_RTP_PORTS"] ?? "").split(separator: "-").compactMap { Int($0) }
        if ends.count == 2, ends[0] <= ends[1] { rtpPorts = ends[0]...ends[1] }
    }

    /// The tag of an image's name, as `20.9`; without one, `latest`.
    static func version(image: String) -> String {
        let name = image.prefix { $0 != "@" }
        let last = name.split(separator: "/").last ?? ""
        guard let colon = last.firstIndex(of: ":") else { return "latest" }
        return String(last[last.index(after: colon)...])
    }
}
