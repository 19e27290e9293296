import FoundationEssentials
import Kamailio
import OrderedJSON

extension DispatchMachine.Acknowledgement {
    /// `dispatchers/<name>` (DESIGN section 6).
    func text(sets: KamailioSettings.Sets, startedAt: Date, at now: Date) -> String {
        JSON.object([
            ("schema", .number(1)), ("revision", .number(revision)), ("kamailio", .text(run.version)),
            ("route", route.map { .number($0) } ?? .null), ("bound", bound.map { .number($0) } ?? .null),
            (
                "sets",
                .object([
                    ("stable", .number(sets.stable)), ("canary", .number(sets.canary)), ("draw", .number(sets.draw)),
                    ("rules", .number(sets.rules)),
                ])
            ), ("startedAt", .time(startedAt)),
            ("acknowledgedAt", .time(now)),
        ])
        .compact
    }
}

/// `traffic/<name>`: what one Kamailio counted since its start.
struct TrafficReport: Sendable, Hashable {
    /// By instance, then counter; zeros left out.
    var counters: [String: [String: Int]]
    /// Calls that Kamailio knows of now, of the instances that drain.
    var active: [String: ActiveCalls]

    init(table: [String: TableValue], active: [String: ActiveCalls] = [:]) {
        counters = [:]
        self.active = active
        for (key, value) in table {
            guard let separator = key.firstRange(of: "::"), let number = value.number, number != 0 else { continue }
            counters[String(key[..<separator.lowerBound]), default: [:]][String(key[separator.upperBound...])] = number
        }
    }

    func text(run: KamailioRun, startedAt: Date, at now: Date) -> String {
        let instances = counters.keys.sorted().map { name -> (String, JSON) in
            let values = counters[name] ?? [:]
            func numbers(_ keys: [(name: String, key: String)]) -> JSON {
                .object(keys.compactMap { pair in values[pair.key].map { (pair.name, .number($0)) } })
            }
            let counted = TrafficCounter.allCases.map { (name: $0.rawValue, key: $0.rawValue) }
            let delays =
                TrafficCounter.delays.map { (name: "\($0)", key: TrafficCounter.delay($0)) }
                + [(name: "more", key: TrafficCounter.delayBeyond)]
            return (name, .object([("counters", numbers(counted)), ("postDialDelay", numbers(delays))]))
        }
        return JSON.object([
            ("schema", .number(1)), ("kamailio", .text(run.version)), ("startedAt", .time(startedAt)),
            ("instances", .object(instances)),
            ("active", .object(active.sorted { $0.key < $1.key }.map { ($0.key, $0.value.json) })), ("at", .time(now)),
        ])
        .compact
    }
}

/// The calls of one instance that Kamailio's dialog module knows of. It keeps those whose BYE it never saw, and forgets all at its restart.
struct ActiveCalls: Sendable, Hashable {
    struct Call: Sendable, Hashable {
        var id: String
        /// Seconds since 1970.
        var since: Int
        /// Asterisk was asked since it began, whoever asks once a second.
        var isSettled: Bool
    }

    /// Seconds after which a call has settled.
    static let settling = 5
    /// Calls that are told, the youngest first, and characters of one's Call-ID.
    static let most = 100
    static let longestID = 128

    var count: Int
    var calls: [Call]

    init(_ dialogs: [Dialog], at now: Date) {
        let living = dialogs.filter { !$0.isOver }.sorted { ($1.since, $0.callID) < ($0.since, $1.callID) }
        let seconds = now.timeIntervalSince1970
        count = living.count
        calls = living.prefix(Self.most).map {
            Call(
                id: String($0.callID.prefix(Self.longestID)), since: $0.since,
                // One from the future is as old as nobody knows: it is no sign of a new call.
                isSettled: abs(seconds - Double($0.since)) >= Double(Self.settling))
        }
    }

    var json: JSON {
        .object([
            ("dialogs", .number(count)),
            (
                "calls",
                .array(
                    calls.map {
                        .object([
                            ("id", .text($0.id)), ("since", .time(Date(timeIntervalSince1970: Double($0.since)))),
                            ("settled", .truth($0.isSettled)),
                        ])
                    })
            ),
        ])
    }
}
