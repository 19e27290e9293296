import ClusterModel

// The announcers beside instances: what they say of calls is of a while ago, and of instances that are held off it says of when.
extension SimulatedWorld {
    private func isHeldOff(_ instance: String) -> Bool { etcd.shares?[instance].map { $0.state != .in } ?? false }

    /// Those of instances that are held off count again, before long.
    mutating func tellAnnouncers() {
        for member in etcd.shares?.instances ?? [] where isHeldOff(member.name) { callsChanged(member.name) }
    }

    /// A change of the calls is told with a delay, which is shorter where a drain waits for it.
    mutating func callsChanged(_ instance: String) {
        pass(.counts(instance: instance), after: isHeldOff(instance) ? min(timing.count, 1000) : timing.count)
    }

    mutating func count(_ instance: String) {
        let isAnnounced = names.announcer(of: instance).flatMap { units.processes[$0] } != nil
        guard isAnnounced, case .calls = etcd.values[names.callsPrefix + instance] else { return }
        tellCalls(of: instance)
    }

    mutating func tellCalls(of instance: String) {
        var record = CallsRecord(calls: calls[instance] ?? 0, oldest: nil)
        if isHeldOff(instance), let shares = etcd.shares {
            record.countedAfter = .init(
                shares: shares.revision, dispatchers: etcd.state.dispatchers.mapValues(\.revision))
        }
        etcd.put(names.callsPrefix + instance, .calls(record))
    }
}
