/// A line of the dispatcher's list file that would not be what it says.
public struct DispatcherLineError: Error, Hashable, CustomStringConvertible {
    public let description: String
}

/// One destination: a line of the dispatcher's list file. What cannot stand in one cannot be made.
public struct DispatcherLine: Sendable, Hashable {
    /// The column `flags` (bits of `dispatch.h`).
    public struct Flags: OptionSet, Sendable, Hashable {
        public let rawValue: Int

        public init(rawValue: Int) {
            self.rawValue = rawValue
        }

        /// Found dead. With `probing` it comes back when it answers.
        public static let inactive = Flags(rawValue: 1)
        /// Out by intent: probing does not bring it back, a reload of another line does.
        public static let disabled = Flags(rawValue: 4)
        /// It is asked by OPTIONS.
        public static let probing = Flags(rawValue: 8)
        /// It is never asked. Kamailio 5.6 does not know this yet: there `ds_probing_mode` 3 asks only those with `probing`.
        public static let unprobed = Flags(rawValue: 32)
    }

    /// `name=value`
    public struct Attribute: Sendable, Hashable {
        public let name: String
        public let value: String

        /// - Throws: where the text would end the attribute, the line, or begin another word of the routing script.
        public init(_ name: String, _ value: String) throws(DispatcherLineError) {
            guard !name.isEmpty, name.utf8.allSatisfy({ (97...122).contains($0) }) else {
                throw DispatcherLineError(description: "an attribute's name is small letters")
            }
            guard !value.isEmpty, value.utf8.allSatisfy(DispatcherLine.isPlain) else {
                throw DispatcherLineError(
                    description:
                        "attribute \(name): letters, digits and . _ : / + * # @ - are allowed, and at least one of them"
                )
            }
            self.name = name
            self.value = value
        }
    }

    public let set: Int
    /// `HOST:PORT` with an IPv4 address, over UDP.
    public let address: String
    public var flags: Flags
    public let priority: Int
    public let attributes: [Attribute]

    /// - Parameter set: from 1 on.
    /// - Throws: where `address` is no IPv4 address and port, or the attributes are longer than the 1,024 characters that Kamailio takes.
    public init(
        set: Int, address: String, flags: Flags, priority: Int = 0, attributes: [Attribute] = []
    ) throws(DispatcherLineError) {
        guard set > 0, DispatcherLine.isAddress(address) else {
            throw DispatcherLineError(description: "a destination is a set from 1 on and IPV4:PORT")
        }
        self.set = set
        self.address = address
        self.flags = flags
        self.priority = priority
        self.attributes = attributes
        guard body.utf8.count <= 1024 else {
            throw DispatcherLineError(description: "the attributes of \(address) are longer than 1024 characters")
        }
    }

    public var uri: String { "sip:\(address)" }
    /// The attributes as the list file has them, and as `dispatcher.list` gives them back.
    public var body: String { attributes.map { "\($0.name)=\($0.value)" }.joined(separator: ";") }
    /// The line, without its end.
    public var text: String { "\(set) \(uri) \(flags.rawValue) \(priority) \(body)" }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122: true
        default: "._:/+*#@-".utf8.contains(byte)
        }
    }

    /// Whether the text is an IPv4 address and a port.
    static func isAddress(_ text: String) -> Bool {
        let sides = text.split(separator: ":", omittingEmptySubsequences: false)
        guard sides.count == 2, let port = number(sides[1]), (1...65535).contains(port) else { return false }
        let parts = sides[0].split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { number($0).map { $0 <= 255 } ?? false }
    }

    /// Decimal digits without a zero before them.
    private static func number(_ text: Substring) -> Int? {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }),
            text.utf8.count == 1 || text.first != "0"
        else { return nil }
        return Int(text)
    }
}
