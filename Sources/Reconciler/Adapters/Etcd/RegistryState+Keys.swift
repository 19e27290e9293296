import ClusterModel
import Etcd
import OrderedJSON
import Provisioning

extension RegistryState {
    /// Reads the cluster's keys. One that does not say what its place asks for is malformed, and told so.
    init(_ pairs: [EtcdKeyValue], _ names: Names) {
        self.init()
        for pair in pairs {
            let key = pair.key
            keys.insert(key)
            do throws(Malformed) {
                try read(key, pair.value, names)
            } catch {
                malformed[key] = error.reason
            }
        }
    }

    private struct Malformed: Error {
        var reason: String

        static let noTime = Malformed(reason: "a time is not RFC 3339")
    }

    private mutating func read(_ key: String, _ value: [UInt8], _ names: Names) throws(Malformed) {
        if key == names.sharesKey {
            shares = try Self.document(SharesDocument.self, value).shares
        } else if key == names.leaderKey {
            let document = try Self.document(LeaderDocument.self, value)
            leader = LeaderRecord(name: document.name, pid: document.pid, since: try Self.instant(document.since))
        } else if key.hasPrefix(names.instancesPrefix) {
            let name = String(key.dropFirst(names.instancesPrefix.count))
            let document = try Self.document(InstanceDocument.self, value)
            instances[name] = InstanceRecord(
                address: try Self.host(document.address), port: try Self.port(document.port), node: document.node,
                track: document.track, image: document.image, version: document.version, health: document.health,
                unit: document.unit, since: try Self.instant(document.since), probe: document.probe)
        } else if key.hasPrefix(names.callsPrefix) {
            let name = String(key.dropFirst(names.callsPrefix.count))
            let document = try Self.document(CallsDocument.self, value)
            if let record = document.record {
                calls[name] = record
            } else if let count = document.calls {
                throw Malformed(reason: "\(count) calls")
            } else {
                uncounted[name] = document.unknown ?? "its announcer cannot count"
            }
        } else if key.hasPrefix(names.drainOrdersPrefix) {
            drains[String(key.dropFirst(names.drainOrdersPrefix.count))] = try Self.order(value)
        } else if let order = CanaryOrder.allCases.first(where: { names.key($0) == key }) {
            canaryOrders[order] = try Self.order(value)
        } else if key == names.rolloutKey {
            guard let record = try Self.document(RolloutDocument.self, value).record else { throw .noTime }
            rollout = record
        } else if key.hasPrefix(names.trafficPrefix) {
            let document = try Self.document(TrafficDocument.self, value)
            traffic[String(key.dropFirst(names.trafficPrefix.count))] = TrafficRecord(
                startedAt: try Self.instant(document.startedAt), instances: document.counters,
                dialogs: (document.active ?? [:]).mapValues(\.record))
        } else if key.hasPrefix(names.dispatchersPrefix) {
            let document = try Self.document(DispatcherDocument.self, value)
            dispatchers[String(key.dropFirst(names.dispatchersPrefix.count))] = DispatcherRecord(
                revision: document.revision, kamailio: document.kamailio, route: document.route, bound: document.bound,
                sets: document.sets)
        } else if key.hasPrefix(names.eventsPrefix) {
            let event = try Self.document(EventDocument.self, value)
            let time = try Self.instant(event.at)
            destructions[event.target] = max(time, destructions[event.target] ?? time)
        }
    }

    private static func document<T: Decodable>(_ type: T.Type, _ value: [UInt8]) throws(Malformed) -> T {
        do {
            return try JSONDocument.decode(type, from: value)
        } catch {
            throw Malformed(reason: "it is not the JSON document that belongs there")
        }
    }

    private static func order(_ value: [UInt8]) throws(Malformed) -> PersonalOrder {
        let order = try document(OrderDocument.self, value)
        return PersonalOrder(by: order.by, note: order.note ?? "", at: try instant(order.at))
    }

    private static func instant(_ text: String) throws(Malformed) -> Instant {
        guard let instant = Timestamp.instant(text) else { throw .noTime }
        return instant
    }

    /// An address goes on into dispatcher lists: nothing but a plain IPv4 address may.
    private static func host(_ text: String) throws(Malformed) -> String {
        guard let address = IPv4(text) else { throw Malformed(reason: "its address is no IPv4 address") }
        return address.description
    }

    private static func port(_ port: Int) throws(Malformed) -> Int {
        guard (1...65535).contains(port) else { throw Malformed(reason: "its port is no port") }
        return port
    }
}
