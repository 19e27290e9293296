import Asterisk
import FoundationEssentials

/// `instances/<name>` (DESIGN section 6).
struct InstanceDocument: Sendable, Hashable {
    var configuration: AnnouncerConfiguration
    /// From the `Server` header of the SIP answer.
    var version: String
    /// The machine's boot id: another one means that everything on it was started anew.
    var boot: String
    /// When this registration began.
    var since: Date

    var text: String {
        OrderedJSON([
            ("schema", .number(1)), ("address", .string(configuration.address)),
            ("port", .number(configuration.port)), ("node", .string(configuration.node)),
            ("track", .string(configuration.track)), ("image", .string(configuration.image)),
            ("version", .string(version)), ("health", .string("answering")), ("unit", .string(configuration.unit)),
            ("boot", .string(boot)), ("since", .time(since)),
        ]).text
    }
}

/// The calls of `calls/<name>`, without the time at which they were counted.
struct CallCount: Sendable, Hashable {
    var calls: Int
    var oldest: Date?

    init(calls: Int = 0, oldest: Date? = nil) {
        self.calls = calls
        self.oldest = oldest
    }

    /// A call is a Call-ID; a channel without one counts for itself.
    init(channels: [Channel]) {
        calls = Set(channels.map { $0.protocolID.isEmpty ? $0.id : $0.protocolID }).count
        oldest = channels.map(\.creationTime).min()
    }

    func text(at now: Date) -> String {
        OrderedJSON([
            ("schema", .number(1)), ("calls", .number(calls)), ("oldest", oldest.map { .time($0) } ?? .null),
            ("at", .time(now)),
        ]).text
    }
}

/// A JSON object with its members in a given order: documents begin with their schema.
struct OrderedJSON {
    enum Value {
        case number(Int)
        case string(String)
        /// RFC 3339 in UTC with milliseconds.
        case time(Date)
        case null

        fileprivate var text: String {
            switch self {
            case .number(let number): "\(number)"
            case .string(let text): OrderedJSON.quoted(text)
            case .time(let date): OrderedJSON.quoted(Value.rfc3339(date))
            case .null: "null"
            }
        }

        private static func rfc3339(_ date: Date) -> String {
            // The style cuts off what is below a millisecond, and half of all milliseconds lie just below theirs as a `Double`.
            let milliseconds = (date.timeIntervalSince1970 * 1000).rounded()
            return Date(timeIntervalSince1970: milliseconds / 1000 + 0.0003)
                .formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        }
    }

    private let members: [(name: String, value: Value)]

    init(_ members: [(name: String, value: Value)]) {
        self.members = members
    }

    var text: String {
        "{" + members.map { OrderedJSON.quoted($0.name) + ":" + $0.value.text }.joined(separator: ",") + "}"
    }

    private static func quoted(_ text: String) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        // A string alone cannot fail to encode.
        return String(decoding: (try? encoder.encode(text)) ?? Data("\"\"".utf8), as: UTF8.self)
    }
}
