/// What `dispatcher.list` says: the list in force.
public struct DispatcherSets: Sendable, Hashable {
    /// Of a destination, as the first of its two letters says.
    public enum State: Sendable, Hashable {
        case active
        /// Probes have begun to fail; calls still go there.
        case trying
        /// Found dead.
        case inactive
        /// Out by intent.
        case disabled
        case other(String)
    }

    public struct Destination: Sendable, Hashable {
        public var uri: String
        public var state: State
        public var isProbed: Bool
        public var priority: Int
        /// As in the list file.
        public var attributes: String

        public init(uri: String, state: State, isProbed: Bool, priority: Int = 0, attributes: String = "") {
            self.uri = uri
            self.state = state
            self.isProbed = isProbed
            self.priority = priority
            self.attributes = attributes
        }

        /// The value of `name=value` among the attributes.
        public func attribute(_ name: String) -> String? {
            for part in attributes.split(separator: ";") where part.hasPrefix(name + "=") {
                return String(part.dropFirst(name.utf8.count + 1))
            }
            return nil
        }
    }

    /// By the set's number, in the order of the list file (Kamailio itself keeps and lists a set in reverse).
    public var sets: [Int: [Destination]]

    public init(_ sets: [Int: [Destination]] = [:]) {
        self.sets = sets
    }
}

extension DispatcherSets: Decodable {
    private struct Record: Decodable {
        struct Body: Decodable {
            var id: Int
            var targets: [Target]

            enum CodingKeys: String, CodingKey {
                case id = "ID"
                case targets = "TARGETS"
            }
        }
        var set: Body

        enum CodingKeys: String, CodingKey {
            case set = "SET"
        }
    }

    private struct Target: Decodable {
        struct Body: Decodable {
            struct Attributes: Decodable {
                var body: String?

                enum CodingKeys: String, CodingKey {
                    case body = "BODY"
                }
            }
            var uri: String
            var flags: String
            var priority: Int
            var attributes: Attributes?

            enum CodingKeys: String, CodingKey {
                case uri = "URI"
                case flags = "FLAGS"
                case priority = "PRIORITY"
                case attributes = "ATTRS"
            }
        }
        var destination: Body

        enum CodingKeys: String, CodingKey {
            case destination = "DEST"
        }
    }

    private enum CodingKeys: String, CodingKey {
        case records = "RECORDS"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        sets = [:]
        for record in try container.decode([Record].self, forKey: .records) {
            sets[record.set.id, default: []] += record.set.targets.reversed().map { target in
                let body = target.destination
                return Destination(
                    uri: body.uri, state: State(letters: body.flags), isProbed: body.flags.hasSuffix("P"),
                    priority: body.priority, attributes: body.attributes?.body ?? "")
            }
        }
    }
}

extension DispatcherSets.State {
    init(letters: String) {
        self =
            switch letters.first {
            case "A": .active
            case "T": .trying
            case "I": .inactive
            case "D": .disabled
            default: .other(letters)
            }
    }
}
