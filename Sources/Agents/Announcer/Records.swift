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

/// The calls of an instance, as its Asterisk told them.
struct CallCount: Sendable, Hashable {
    var calls: Int
    var oldest: Date?
    /// `ari` or `ami`.
    var source: String
    /// Of all that have one.
    var callIDs: Set<String>

    init(calls: Int = 0, oldest: Date? = nil, source: String = "ari", callIDs: Set<String> = []) {
        self.calls = calls
        self.oldest = oldest
        self.source = source
        self.callIDs = callIDs
    }

    /// A call is a Call-ID; a channel without one counts for itself.
    init(channels: [Channel], source: String) {
        callIDs = Set(channels.map(\.protocolID)).subtracting([""])
        calls = callIDs.count + channels.count { $0.protocolID.isEmpty }
        oldest = channels.map(\.creationTime).min()
        self.source = source
    }
}

/// `calls/<name>` without the time at which it is written.
struct CountReport: Sendable, Hashable {
    enum Count: Sendable, Hashable {
        case known(CallCount)
        /// Nobody told; why.
        case unknown(String)
    }

    var count: Count
    /// What was in force when the count began, of an instance that is held off from new calls.
    var after: HeldOff.Moment?

    /// Call-IDs that are told, and characters of one: enough to see what the end of a drain waits for.
    static let mostIDs = 100
    static let longestID = 128

    func text(at now: Date) -> String {
        var fields: [(String, JSON)] = [("schema", .number(1))]
        switch count {
        case .known(let count):
            fields += [
                ("calls", .number(count.calls)), ("oldest", count.oldest.map { .time($0) } ?? .null),
                ("source", .text(count.source)),
            ]
        case .unknown(let reason): fields += [("calls", .null), ("unknown", .text(String(reason.prefix(500))))]
        }
        if let after {
            let dispatchers = after.dispatchers.sorted { $0.key < $1.key }.map { ($0.key, JSON.number($0.value)) }
            fields.append(
                ("countedAfter", .object([("shares", .number(after.shares)), ("dispatchers", .object(dispatchers))])))
        }
        if after != nil, case .known(let count) = count {
            let ids = count.callIDs.sorted().prefix(Self.mostIDs).map { JSON.text(String($0.prefix(Self.longestID))) }
            fields.append(("callIDs", .array(ids)))
        }
        return JSON.object(fields + [("at", .time(now))]).compact
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
