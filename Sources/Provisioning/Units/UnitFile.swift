/// A unit as a list of options: one line of a unit file each.
public struct UnitFile: Sendable, Hashable {
    public struct Option: Sendable, Hashable, Codable {
        public var section: String
        public var name: String
        public var value: String

        public init(_ section: String, _ name: String, _ value: String) {
            self.section = section
            self.name = name
            self.value = value
        }
    }

    /// Without `.service`.
    public var name: String
    public var options: [Option]

    public init(name: String, options: [Option]) {
        self.name = name
        self.options = options
    }

    /// The section that is Dialtone's own.
    public static let markSection = "X-Dialtone"

    /// Hash of all options but our own section's, in their order.
    public static func hash(_ options: [Option]) -> String {
        // As `CanonicalJSON` writes them, without its detour over `Encodable`: each unit is hashed when it is planned, put and read.
        var json: [UInt8] = []
        json.reserveCapacity(2048)
        for option in options where option.section != markSection {
            json += json.isEmpty ? "[{\"name\":".utf8 : ",{\"name\":".utf8
            JSONSlot.Value.write(option.name, to: &json)
            json += ",\"section\":".utf8
            JSONSlot.Value.write(option.section, to: &json)
            json += ",\"value\":".utf8
            JSONSlot.Value.write(option.value, to: &json)
            json.append(UInt8(ascii: "}"))
        }
        if json.isEmpty { json.append(UInt8(ascii: "[")) }
        json.append(UInt8(ascii: "]"))
        return Digest.sha256(json)
    }

    public var hash: String { Self.hash(options) }

    /// As a unit file, for people and for `systemd-analyze verify`.
    public var text: String {
        var lines: [String] = []
        var section: String?
        for option in options {
            if option.section != section {
                if section != nil { lines.append("") }
                lines.append("[\(option.section)]")
                section = option.section
            }
            lines.append("\(option.name)=\(option.value)")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
