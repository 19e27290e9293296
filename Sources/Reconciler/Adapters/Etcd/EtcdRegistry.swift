import ClusterModel
import Etcd
import Provisioning

/// The port to a cluster's keys in etcd.
public struct EtcdRegistry: RegistryPort {
    let client: EtcdClient
    let names: Names

    public init(_ client: EtcdClient, cluster: String) {
        self.client = client
        names = Names(cluster: cluster)
    }

    public func observe() async throws(PortError) -> RegistryState {
        do {
            return RegistryState(try await client.range(prefix: names.prefix).keyValues, names)
        } catch {
            throw PortError(etcd: error)
        }
    }

    /// What agents say of calls changes all the time, and is looked at in due course.
    public func changes() -> AsyncStream<Void> {
        AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            let task = Task {
                while !Task.isCancelled {
                    do {
                        for try await signal in client.watch(prefix: names.prefix) where matters(signal) {
                            continuation.yield()
                        }
                    } catch {
                        // etcd refused the watch; it may take it later, and looks in between find what it missed.
                    }
                    try? await Task.sleep(for: .seconds(5))
                }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    /// Calls and their counters change all the time that there are calls; what waits for them (a drain, a canary's step) looks by itself.
    func matters(_ signal: EtcdWatchSignal) -> Bool {
        switch signal {
        case .events(let events, _):
            events.contains {
                let key = $0.keyValue.key
                return !key.hasPrefix(names.callsPrefix) && !key.hasPrefix(names.trafficPrefix)
                    && key != names.leaderKey
            }
        case .compacted: true
        case .watching, .interrupted: false
        }
    }

    public func perform(
        _ operation: RegistryOperation, under leadership: Leadership
    ) async throws(PortError) {
        switch operation {
        case .writeShares(_, let shares):
            try await write([.put(names.sharesKey, RegistryFormat.text(shares))], under: leadership)
        case .writeRollout(_, let record, let orders):
            let put = record.map { EtcdOperation.put(names.rolloutKey, RolloutFormat.text($0)) }
            try await write(
                [put ?? .delete(names.rolloutKey)] + orders.map { .delete(names.key($0)) }, under: leadership)
        case .recordDestruction(_, let target, let verb, let time):
            try await record(target, verb, time, under: leadership)
        case .forget:
            let keys: [String]
            do {
                keys = try await client.range(prefix: names.prefix).keyValues.map(\.key)
            } catch {
                throw PortError(etcd: error)
            }
            // etcd takes 128 operations in one transaction at most.
            let ours = keys.filter { $0 != names.leaderKey }
            for start in stride(from: 0, to: ours.count, by: 100) {
                let chunk = ours[start..<min(start + 100, ours.count)]
                try await write(chunk.map { .delete($0) }, under: leadership)
            }
        }
    }

    /// Events go by themselves after a day.
    private func record(
        _ target: String, _ verb: String, _ time: Instant, under leadership: Leadership
    ) async throws(PortError) {
        do {
            let lease = try await client.grantLease(ttl: 86_400)
            let key = names.eventKey(of: target, at: time)
            let text = RegistryFormat.event(target: target, verb: verb, at: time)
            try await write([.put(key, text, lease: lease.id)], under: leadership)
        } catch let error as PortError {
            throw error
        } catch {
            throw PortError(etcd: error)
        }
    }

    private func write(_ operations: [EtcdOperation], under leadership: Leadership) async throws(PortError) {
        let condition = EtcdComparison.wasCreated(names.leaderKey, at: leadership.createRevision)
        do {
            let result = try await client.transaction(EtcdTransaction(compare: [condition], success: operations))
            guard result.succeeded else {
                throw PortError(.notLeader, "etcd: the leader key is no longer ours: nothing was written")
            }
        } catch let error as PortError {
            throw error
        } catch {
            throw PortError(etcd: error)
        }
    }
}

extension PortError {
    init(etcd error: any Error) {
        let kind: Kind =
            switch error as? EtcdError {
            case .unreachable: .unreachable
            case .outcomeUnknown, .cancelled: .outcomeUnknown
            default: .refused
            }
        self.init(kind, "\(error)")
    }
}
