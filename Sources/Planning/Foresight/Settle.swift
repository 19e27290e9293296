import ClusterModel

extension Observed {
    /// What the systems do by themselves, as a step's waits assume it.
    public mutating func settle(_ waits: [Wait], _ names: Names, at now: Instant) {
        for wait in waits {
            if case .join(let node) = wait.subject { join(node) }
        }
        var machines: [String: String] = [:]
        for (id, machine) in units.value?.machines ?? [:] {
            if let node = machine.node { machines[node] = machines[node].map { min($0, id) } ?? id }
        }
        for wait in waits {
            switch wait.subject {
            case .join: continue
            case .registration(let instance): register(instance, machines, names, at: now)
            case .drain(let instance):
                registry.update { $0.calls[instance]?.calls = 0 }
            case .rollout(_, let calls):
                registry.update { $0.see(calls) }
            case .acknowledgement(let dispatcher):
                registry.update { $0.acknowledge(dispatcher, names) }
                run(dispatcher, machines, names)
            case .departure(let instance):
                units.update {
                    $0.lingering.remove(instance)
                    for other in [names.announcer(of: instance), names.dispatcher(of: instance)].compactMap({ $0 }) {
                        $0.lingering.remove(other)
                    }
                }
                registry.update {
                    $0.unregister(instance, names)
                    if names.ordinal(kamailio: instance) != nil { $0.unregister(dispatcher: instance, names) }
                }
            case .lapse(let key):
                if key.hasPrefix(names.dispatchersPrefix) {
                    let name = String(key.dropFirst(names.dispatchersPrefix.count))
                    registry.update { $0.unregister(dispatcher: name, names) }
                }
                for prefix in [names.instancesPrefix, names.callsPrefix] where key.hasPrefix(prefix) {
                    registry.update { $0.unregister(String(key.dropFirst(prefix.count)), names) }
                }
            }
        }
    }

    /// A machine's id is the scheduler's own affair: here it is the UUID without dashes.
    private mutating func join(_ node: String) {
        for name in hypervisors.keys where hypervisors[name]?.value?.domains[node]?.run == .starting {
            hypervisors[name]?.update {
                let hardware = $0.domains[node]?.hardware
                $0.domains[node]?.run = .running
                $0.domains[node]?.running = hardware
            }
        }
        let uuid = hypervisors.values.lazy.compactMap { $0.value?.domains[node]?.uuid }.first ?? node
        // A guest that has another name until then gets its own.
        let named = hypervisors.filter { $0.value.value?.domains[node]?.guestHostname != nil }.keys
        for name in named { hypervisors[name]?.update { $0.domains[node]?.guestHostname = node } }
        let id = String(decoding: uuid.utf8.filter { $0 != UInt8(ascii: "-") }, as: UTF8.self)
        units.update { $0.machines[id] = MachineState(node: node) }
    }

    /// A Kamailio of ours that has something in force runs, and the agent beside it.
    private mutating func run(_ kamailio: String, _ machines: [String: String], _ names: Names) {
        for name in [kamailio, names.dispatcher(of: kamailio)].compactMap({ $0 }) {
            guard let node = units.value?.units[name]?.kamailio?.node, let machine = machines[node] else { continue }
            units.update { $0.units[name]?.run = .running(machine: machine) }
        }
    }

    private mutating func register(
        _ instance: String, _ machines: [String: String], _ names: Names, at now: Instant
    ) {
        guard let mark = units.value?.units[instance]?.mark, let machine = machines[mark.node] else { return }
        let announcer = names.announcer(of: instance).flatMap { units.value?.units[$0]?.mark }
        let record = InstanceRecord(
            address: mark.inputs.address.description, port: mark.inputs.ports.sip, node: mark.node, track: mark.track,
            image: mark.inputs.image, version: "", health: "answering", unit: mark.hash, since: now,
            probe: announcer?.announcing?.probe.map { InstanceRecord.Probe(extension: $0) })
        units.update {
            $0.units[instance]?.run = .running(machine: machine)
            if let announcer = names.announcer(of: instance) { $0.units[announcer]?.run = .running(machine: machine) }
        }
        registry.update { $0.register(instance, record, names) }
    }
}

extension RegistryState {
    /// So many calls of the canary go well.
    fileprivate mutating func see(_ calls: Int) {
        guard let first = rollout?.read.min(by: { $0.key < $1.key }),
            let canary = shares?.instances.first(where: { $0.track == .canary })
        else { return }
        let standing = traffic[first.key] ?? TrafficRecord(startedAt: first.value.startedAt, instances: [:])
        traffic[first.key] = standing
        traffic[first.key]?.instances[canary.name, default: CallCounters()].counters["answered", default: 0] += calls
    }
}
