import Crypto
import FoundationEssentials

/// One line of a unit file, as fleet's API carries it.
struct FleetOption: Codable, Hashable, Sendable {
    var section: String
    var name: String
    var value: String
}

/// What fleet is to do with a unit.
enum FleetTarget: String, Codable, Sendable {
    case inactive, loaded, launched
}

/// A machine that runs fleet.
struct FleetMachine: Codable, Hashable, Sendable {
    /// 32 hexadecimal digits.
    var id: String
    var primaryIP: String
    var metadata: [String: String]
}

/// A unit as it was put, with what its `[X-Fleet]` section asks for.
struct FleetUnit: Hashable, Sendable {
    var name: String
    var options: [FleetOption]
    var target: FleetTarget
    /// Where the engine placed it; `nil`: nowhere, or it is global.
    var machine: String?
    /// When it was placed there.
    var placedAt: Date?
    /// Where it ran last with these options.
    var home: String?
    /// When a replacement moved it from one machine to another.
    var movedAt: Date?

    init(name: String, options: [FleetOption], target: FleetTarget) {
        self.name = name
        self.options = options
        self.target = target
    }

    /// SHA-1 of the unit file, as fleet computes it (`unit.UnitFile.Hash`): sections in the order of their first line.
    var hash: String {
        var sections: [String] = []
        for option in options where !sections.contains(option.section) { sections.append(option.section) }
        let text = sections.map { section in
            "[\(section)]\n"
                + options.filter { $0.section == section }.map { "\($0.name)=\($0.value)\n" }.joined()
        }.joined(separator: "\n")
        return Insecure.SHA1.hash(data: Data(text.utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    /// Values of a requirement; the names of fleet before 0.9 had an `X-` or `X-Condition` before them.
    private func requirement(_ name: String, old: String) -> [String] {
        options.filter { $0.section == "X-Fleet" && ($0.name == name || $0.name == old) }
            .flatMap { FleetUnit.words($0.value) }
    }

    var machineID: String? { requirement("MachineID", old: "X-ConditionMachineID").last }
    var peers: [String] { requirement("MachineOf", old: "X-ConditionMachineOf") }
    var conflicts: [String] { requirement("Conflicts", old: "X-Conflicts") }
    var replaces: [String] { requirement("Replaces", old: "X-Replaces") }
    var isGlobal: Bool { requirement("Global", old: "X-Global").last == "true" }
    var isTemplate: Bool { name.contains("@.") }

    /// Values that a machine's metadata must have, any one of them for each key.
    var machineMetadata: [String: Set<String>] {
        var wanted: [String: Set<String>] = [:]
        for pair in requirement("MachineMetadata", old: "X-ConditionMachineMetadata") {
            let parts = pair.split(separator: "=", omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { continue }
            wanted[String(parts[0]), default: []].insert(String(parts[1]))
        }
        return wanted
    }

    /// Whether its options say where it may be.
    var isTied: Bool { machineID != nil || !machineMetadata.isEmpty || !peers.isEmpty }

    func metadataAllows(_ machine: FleetMachine) -> Bool {
        machineMetadata.allSatisfy { key, values in machine.metadata[key].map(values.contains) ?? false }
    }

    /// Words parted by blanks; double quotes keep blanks together.
    static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word: String?
        var isQuoted = false
        for character in text {
            switch character {
            case "\"":
                isQuoted.toggle()
                word = word ?? ""
            case " " where !isQuoted, "\t" where !isQuoted:
                if let complete = word { words.append(complete) }
                word = nil
            default: word = (word ?? "") + String(character)
            }
        }
        return words + (word.map { [$0] } ?? [])
    }
}
