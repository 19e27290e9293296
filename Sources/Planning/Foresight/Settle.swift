import ClusterModel

extension Observed {
    /// What the systems do by themselves, as a step's waits assume it.
    public mutating func settle(_ waits: [Wait], _ names: Names, at now: Instant) {
        for wait in waits {
            if case .join(let node) = wait.subject { join(node) }
        }
        var registered: [(instance: String, record: InstanceRecord)] = []
        units.update { registered = $0.settle(waits, names, at: now) }
        registry.update {
            for (instance, record) in registered { $0.register(instance, record, names) }
            if !registered.isEmpty { $0.countAnew() }
            $0.settle(waits, names)
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
        let named = hypervisors.keys.filter { hypervisors[$0]?.value?.domains[node]?.guestHostname != nil }
        for name in named { hypervisors[name]?.update { $0.domains[node]?.guestHostname = node } }
        let id = String(decoding: uuid.utf8.filter { $0 != UInt8(ascii: "-") }, as: UTF8.self)
        units.update { $0.machines[id] = MachineState(node: node) }
    }
}

extension UnitsState {
    /// - Returns: the instances that register, each with what its announcer writes.
    fileprivate mutating func settle(
        _ waits: [Wait], _ names: Names, at now: Instant
    ) -> [(instance: String, record: InstanceRecord)] {
        var registered: [(instance: String, record: InstanceRecord)] = []
        var machines: [String: String]?
        for wait in waits {
            switch wait.subject {
            case .registration(let instance):
                let known = machines ?? machineByNode
                machines = known
                guard let mark = units[instance]?.mark, let machine = known[mark.node] else { continue }
                units[instance]?.run = .running(machine: machine)
                if let announcer = names.announcer(of: instance) { units[announcer]?.run = .running(machine: machine) }
                let announcer = names.announcer(of: instance).flatMap { units[$0]?.mark }
                let record = InstanceRecord(
                    address: mark.inputs.address.description, port: mark.inputs.ports.sip, node: mark.node,
                    track: mark.track, image: mark.inputs.image, version: "", health: "answering", unit: mark.hash,
                    since: now, probe: announcer?.announcing?.probe.map { InstanceRecord.Probe(extension: $0) })
                registered.append((instance, record))
            case .departure(let instance):
                lingering.remove(instance)
                for other in [names.announcer(of: instance), names.dispatcher(of: instance)].compactMap({ $0 }) {
                    lingering.remove(other)
                }
            case .acknowledgement(let dispatcher):
                // One of ours that has something in force runs, and the agent beside it.
                for name in [dispatcher, names.dispatcher(of: dispatcher)].compactMap({ $0 }) {
                    guard let node = units[name]?.kamailio?.node else { continue }
                    let known = machines ?? machineByNode
                    machines = known
                    if let machine = known[node] { units[name]?.run = .running(machine: machine) }
                }
            case .join, .drain, .rollout, .lapse: continue
            }
        }
        return registered
    }

    /// Machine ids by the node that the machine says it is.
    private var machineByNode: [String: String] {
        var found: [String: String] = [:]
        for (id, machine) in machines {
            if let node = machine.node { found[node] = found[node].map { min($0, id) } ?? id }
        }
        return found
    }
}

extension RegistryState {
    fileprivate mutating func settle(_ waits: [Wait], _ names: Names) {
        for wait in waits {
            switch wait.subject {
            case .drain(let instance): endCalls(of: instance)
            case .rollout(_, let calls): see(calls)
            case .acknowledgement(let dispatcher): acknowledge(dispatcher, names)
            case .departure(let name):
                unregister(name, names)
                if names.ordinal(kamailio: name) != nil { unregister(dispatcher: name, names) }
            case .lapse(let key):
                if key.hasPrefix(names.dispatchersPrefix) {
                    unregister(dispatcher: String(key.dropFirst(names.dispatchersPrefix.count)), names)
                }
                for prefix in [names.instancesPrefix, names.callsPrefix] where key.hasPrefix(prefix) {
                    unregister(String(key.dropFirst(prefix.count)), names)
                }
            case .join, .registration: continue
            }
        }
    }

    /// So many calls of the canary go well.
    private mutating func see(_ calls: Int) {
        guard let first = rollout?.read.min(by: { $0.key < $1.key }),
            let canary = shares?.instances.first(where: { $0.track == .canary })
        else { return }
        let standing = traffic[first.key] ?? TrafficRecord(startedAt: first.value.startedAt, instances: [:])
        traffic[first.key] = standing
        traffic[first.key]?.instances[canary.name, default: CallCounters()].counters["answered", default: 0] += calls
    }
}
