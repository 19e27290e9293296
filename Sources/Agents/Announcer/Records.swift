import Asterisk
import FoundationEssentials
import OrderedJSON
import SIP

/// `instances/<name>` (DESIGN section 6).
struct InstanceDocument: Sendable, Hashable {
    var configuration: AnnouncerConfiguration
    /// From the `Server` header of the SIP answer.
    var version: String
    /// The machine's boot id: another one means that everything on it was started anew.
    var boot: String
    /// When this registration began.
    var since: Date
    /// What its probe call came to; `nil`: none is asked for, or it has yet to be known.
    var probe: ProbeCall.Result?

    var text: String {
        var members: [(String, JSON)] = [
            ("schema", .number(1)), ("address", .text(configuration.address)),
            ("port", .number(configuration.port)), ("node", .text(configuration.node)),
            ("track", .text(configuration.track)), ("image", .text(configuration.image)),
            ("version", .text(version)), ("health", .text("answering")), ("unit", .text(configuration.unit)),
            ("boot", .text(boot)), ("since", .time(since)),
        ]
        if let probe, let called = configuration.probe {
            var failure: String?
            if case .failed(let reason) = probe { failure = reason }
            members.append(
                ("probe", .object([("extension", .text(called)), ("failure", failure.map { .text($0) } ?? .null)])))
        }
        return JSON.object(members).compact
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
        JSON.object([
            ("schema", .number(1)), ("calls", .number(calls)), ("oldest", oldest.map { .time($0) } ?? .null),
            ("at", .time(now)),
        ])
        .compact
    }
}

extension JSON {
    /// RFC 3339 in UTC with milliseconds.
    static func time(_ date: Date) -> JSON {
        // The style cuts off what is below a millisecond, and half of all milliseconds lie just below theirs as a `Double`.
        let milliseconds = (date.timeIntervalSince1970 * 1000).rounded()
        return .text(
            Date(timeIntervalSince1970: milliseconds / 1000 + 0.0003)
                .formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    }
}
