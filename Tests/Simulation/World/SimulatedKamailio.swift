import ClusterModel

/// A Kamailio with the agent beside it: it deals by the list that it has in force, whatever etcd says meanwhile.
public struct SimulatedKamailio: Sendable {
    /// `nil`: it has yet to see one.
    var list: Shares?
    /// The agent beside it is stopped: what is in force stays so.
    var isDeaf = false

    public init() {}
}

extension SimulatedWorld {
    /// Whether new calls go there. Without a Kamailio of ours whoever deals follows the shares at once.
    func isDealt(_ instance: String) -> Bool {
        guard !kamailios.isEmpty else { return etcd.shares?[instance]?.state == .in }
        return kamailios.values.contains { $0.list?[instance]?.state == .in }
    }

    mutating func tellKamailios() {
        for name in kamailios.keys.sorted() { schedule(.takes(kamailio: name), after: timing.acknowledgement) }
    }

    /// What etcd has is in force there from now on, and it says so.
    mutating func take(_ name: String) {
        guard let shares = etcd.shares, kamailios[name]?.isDeaf == false else { return }
        kamailios[name]?.list = shares
        etcd.put(
            names.dispatchersPrefix + name,
            .dispatcher(DispatcherRecord(revision: shares.revision, kamailio: "", route: 1)))
        tellAnnouncers()
    }

    /// Stops the agent beside a Kamailio: its key lapses.
    public mutating func deafen(_ name: String) {
        guard kamailios[name]?.isDeaf == false else { return }
        kamailios[name]?.isDeaf = true
        pass(.fallsSilent(kamailio: name), after: timing.lapse)
    }

    public mutating func hear(_ name: String) {
        guard kamailios[name]?.isDeaf == true else { return }
        kamailios[name]?.isDeaf = false
        schedule(.takes(kamailio: name), after: timing.acknowledgement)
    }

    /// A unit of ours began: a Kamailio deals by its last list, and the agent beside it takes what etcd has.
    mutating func beginKamailio(_ unit: String) {
        if names.ordinal(kamailio: unit) != nil {
            kamailios[unit] = kamailios[unit] ?? SimulatedKamailio()
            kamailios[unit]?.isDeaf = true
        }
        if let kamailio = names.ordinal(dispatcher: unit).map(names.kamailio) { hear(kamailio) }
    }

    mutating func endKamailio(_ unit: String) {
        if let kamailio = names.ordinal(dispatcher: unit).map(names.kamailio) { deafen(kamailio) }
        guard let dispatcher = names.dispatcher(of: unit) else { return }
        // The agent is bound to it.
        if units.processes[dispatcher] != nil { kill(dispatcher) }
        kamailios[unit] = nil
        pass(.fallsSilent(kamailio: unit), after: timing.lapse)
    }

    mutating func fallSilent(_ name: String) {
        if kamailios[name]?.isDeaf ?? true { etcd.delete(names.dispatchersPrefix + name) }
    }

    // MARK: Calls

    /// A call comes in, where calls are dealt.
    public mutating func ring(_ instance: String) {
        guard units.processes[instance] != nil, isDealt(instance) else { return }
        setCalls((calls[instance] ?? 0) + 1, on: instance)
    }

    public mutating func hangUp(_ instance: String) {
        guard units.processes[instance] != nil else { return }
        setCalls(0, on: instance)
    }

    private mutating func setCalls(_ count: Int, on instance: String) {
        calls[instance] = count
        callsChanged(instance)
    }

    /// A Kamailio deals calls, and what it counts is written down.
    public mutating func beginTraffic() {
        etcd.put(names.trafficPrefix + "k", .traffic(TrafficRecord(startedAt: now, instances: [:])))
    }

    /// So many calls come to each instance and end.
    public mutating func talk(_ count: Int) {
        let key = names.trafficPrefix + "k"
        guard case .traffic(var record) = etcd.values[key] else { return }
        for member in etcd.shares?.instances ?? [] where isDealt(member.name) {
            let bad = member.track == .canary ? count * badCanary / 100 : 0
            record.instances[member.name, default: CallCounters()].counters["answered", default: 0] += count - bad
            record.instances[member.name, default: CallCounters()].counters["error", default: 0] += bad
        }
        etcd.put(key, .traffic(record))
    }
}
