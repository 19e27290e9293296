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
    var active: [String: Int]

    init(table: [String: TableValue], active: [String: Int] = [:]) {
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
            ("active", .object(active.keys.sorted().map { ($0, .number(active[$0] ?? 0)) })), ("at", .time(now)),
        ])
        .compact
    }
}
