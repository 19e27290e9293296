/// Every name that Dialtone gives, from a cluster's name. `n` counts from 1.
public struct Names: Sendable, Hashable {
    public var cluster: String

    public init(cluster: String) {
        self.cluster = cluster
    }

    public func node(_ n: Int) -> String { "\(cluster)-node-\(n)" }
    public func instance(_ n: Int) -> String { "\(cluster)-asterisk-\(n)" }
    public func announcer(_ n: Int) -> String { "\(cluster)-announcer-\(n)" }
    public func kamailio(_ n: Int) -> String { "\(cluster)-kamailio-\(n)" }
    /// The agent beside a Kamailio.
    public func dispatcher(_ n: Int) -> String { "\(cluster)-dispatcher-\(n)" }

    /// The `n` of a node's name; `nil` for a name that we would not give.
    public func ordinal(node name: String) -> Int? { ordinal(name, after: "-node-") }
    public func ordinal(instance name: String) -> Int? { ordinal(name, after: "-asterisk-") }
    public func ordinal(announcer name: String) -> Int? { ordinal(name, after: "-announcer-") }
    public func ordinal(kamailio name: String) -> Int? { ordinal(name, after: "-kamailio-") }
    public func ordinal(dispatcher name: String) -> Int? { ordinal(name, after: "-dispatcher-") }

    /// The announcer beside an instance.
    public func announcer(of instance: String) -> String? {
        ordinal(instance: instance).map { announcer($0) }
    }

    /// What the names of our Kamailios begin with.
    public var kamailioPrefix: String { "\(cluster)-kamailio-" }

    /// The agent beside a Kamailio.
    public func dispatcher(of kamailio: String) -> String? {
        ordinal(kamailio: kamailio).map { dispatcher($0) }
    }

    /// Asked for every object of every step: byte by byte, and no text is made.
    private func ordinal(_ name: String, after component: StaticString) -> Int? {
        var rest = name.utf8[...]
        guard rest.starts(with: cluster.utf8) else { return nil }
        rest = rest.dropFirst(cluster.utf8.count)
        let isOurs = component.withUTF8Buffer { rest.starts(with: $0) }
        rest = rest.dropFirst(component.utf8CodeUnitCount)
        // A number is written in one way only.
        guard isOurs, let first = rest.first, first != UInt8(ascii: "0"), rest.count <= 18 else { return nil }
        var n = 0
        for byte in rest {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            n = 10 * n + Int(byte - UInt8(ascii: "0"))
        }
        return n
    }

    /// The prefix in etcd that is this cluster's own.
    public var prefix: String { "/dialtone/\(cluster)/" }
    public var sharesKey: String { prefix + "shares" }
    public var leaderKey: String { prefix + "leader" }
    public var instancesPrefix: String { prefix + "instances/" }
    public var callsPrefix: String { prefix + "calls/" }
    /// The keys that an instance's announcer writes.
    public func keys(ofInstance name: String) -> [String] {
        ["/dialtone/\(cluster)/instances/\(name)", "/dialtone/\(cluster)/calls/\(name)"]
    }
    public var dispatchersPrefix: String { prefix + "dispatchers/" }
    public var eventsPrefix: String { prefix + "events/" }
    public var drainOrdersPrefix: String { prefix + "orders/drain/" }
    public var rolloutKey: String { prefix + "rollout" }
    public var trafficPrefix: String { prefix + "traffic/" }
    public func key(_ order: CanaryOrder) -> String { prefix + "orders/\(order.rawValue)/canary" }
}

/// The stable version, or the canary.
public enum Track: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    case stable, canary

    public static func < (a: Track, b: Track) -> Bool { a == .stable && b == .canary }
}

extension Track: CodingKeyRepresentable {}
