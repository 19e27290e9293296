import ClusterModel
import Provisioning
import Reconciler

/// An etcd as a plain value: keys with revisions, and the leader key under its lease.
public struct SimulatedEtcd: Sendable {
    public enum Value: Sendable, Hashable {
        case instance(InstanceRecord)
        case calls(CallsRecord)
        case shares(Shares)
        case dispatcher(DispatcherRecord)
        case rollout(RolloutRecord)
        case order(CanaryOrder, PersonalOrder)
        case traffic(TrafficRecord)
        case event(target: String, at: Instant)
        case rubbish
    }

    public struct Leader: Sendable, Hashable {
        public var record: LeaderRecord
        public var leadership: Leadership
        public var expires: Instant
    }

    public let names: Names
    public private(set) var values: [String: Value] = [:]
    public private(set) var leader: Leader?
    /// Somebody took the lease from its holder, who cannot know it yet.
    public private(set) var isRevoked = false
    private var revision: Int64 = 1

    public init(names: Names) {
        self.names = names
    }

    mutating func put(_ key: String, _ value: Value) {
        revision += 1
        values[key] = value
    }

    mutating func delete(_ key: String) {
        guard values.removeValue(forKey: key) != nil else { return }
        revision += 1
    }

    public var shares: Shares? {
        if case .shares(let shares) = values[names.sharesKey] { shares } else { nil }
    }

    public func instance(_ name: String) -> InstanceRecord? {
        if case .instance(let record) = values[names.instancesPrefix + name] { record } else { nil }
    }

    public var state: RegistryState {
        var state = RegistryState(leader: leader?.record, shares: shares, keys: Set(values.keys))
        if leader != nil { state.keys.insert(names.leaderKey) }
        for (key, value) in values {
            switch value {
            case .instance(let record): state.instances[String(key.dropFirst(names.instancesPrefix.count))] = record
            case .calls(let record): state.calls[String(key.dropFirst(names.callsPrefix.count))] = record
            case .event(let target, let time):
                state.destructions[target] = max(time, state.destructions[target] ?? time)
            case .shares: continue
            case .dispatcher(let record):
                state.dispatchers[String(key.dropFirst(names.dispatchersPrefix.count))] = record
            case .rollout(let record): state.rollout = record
            case .order(let order, let person): state.canaryOrders[order] = person
            case .traffic(let record): state.traffic[String(key.dropFirst(names.trafficPrefix.count))] = record
            case .rubbish: state.malformed[key] = "it is not the JSON document that belongs there"
            }
        }
        return state
    }

    // MARK: Leadership

    mutating func expire(_ now: Instant) {
        if let leader, leader.expires <= now { self.leader = nil }
    }

    mutating func acquire(_ record: LeaderRecord, seconds: Int, _ now: Instant) -> Leadership? {
        expire(now)
        guard leader == nil else { return nil }
        revision += 1
        isRevoked = false
        let leadership = Leadership(lease: revision, createRevision: revision)
        leader = Leader(record: record, leadership: leadership, expires: now.advanced(bySeconds: seconds))
        return leadership
    }

    mutating func renew(_ leadership: Leadership, seconds: Int, _ now: Instant) -> Bool {
        expire(now)
        guard leader?.leadership == leadership else { return false }
        leader?.expires = now.advanced(bySeconds: seconds)
        return true
    }

    mutating func release(_ leadership: Leadership) {
        if leader?.leadership == leadership { leader = nil }
    }

    /// Revokes the leader's lease behind its back.
    mutating func revoke() {
        isRevoked = leader != nil
        leader = nil
    }

    mutating func perform(
        _ operation: RegistryOperation, under leadership: Leadership, _ now: Instant
    ) throws(PortError) {
        expire(now)
        guard leader?.leadership.createRevision == leadership.createRevision else {
            throw PortError(.notLeader, "the leader key is no longer ours: nothing was written")
        }
        switch operation {
        case .writeShares(_, let shares): put(names.sharesKey, .shares(shares))
        case .writeRollout(_, let record, let orders):
            if let record { put(names.rolloutKey, .rollout(record)) } else { delete(names.rolloutKey) }
            for order in orders { delete(names.key(order)) }
        case .recordDestruction(_, let target, _, let time):
            put(names.eventKey(of: target, at: time), .event(target: target, at: time))
        case .forget:
            for key in values.keys { delete(key) }
        }
    }
}
