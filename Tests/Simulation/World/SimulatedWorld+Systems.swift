import ClusterModel
import Provisioning
import Reconciler

/// What the systems do by themselves, and what follows from what is done to them.
extension SimulatedWorld {
    mutating func happen(_ event: Event) {
        switch event {
        case .joins(let hypervisor, let node, let boot): join(hypervisor, node, boot)
        case .leaves(let machine): leave(machine)
        case .starts(let unit, let generation): start(unit, generation)
        case .shows(let unit, let generation):
            guard let process = units.processes[unit], process.generation == generation else { return }
            units.states[unit] = SimulatedUnits.State(machine: process.machine)
        case .registers(let instance, let main, let announcer): register(instance, main, announcer)
        case .takes(let kamailio): take(kamailio)
        case .fallsSilent(let kamailio): fallSilent(kamailio)
        case .counts(let instance): count(instance)
        case .lapses(let instance, let since):
            guard etcd.instance(instance)?.since == since else { return }
            etcd.delete(names.instancesPrefix + instance)
            etcd.delete(names.callsPrefix + instance)
        case .withers(let key): if etcd.values[key] == .rubbish { etcd.delete(key) }
        case .forgets(let unit, let state):
            if units.states[unit] == state, units.processes[unit]?.machine != state.machine { units.states[unit] = nil }
        }
    }

    mutating func follow(_ changes: [DomainChange], on hypervisor: String) {
        for change in changes {
            switch change {
            case .started(let node):
                guard let domain = hypervisors[hypervisor]?.domains[node], domain.mark != nil else { continue }
                schedule(.joins(hypervisor: hypervisor, node: node, boot: domain.boot), after: timing.boot)
            case .stopped(let node):
                let machines = units.machines.filter { $0.value == node }.keys.sorted()
                for (name, process) in units.processes.sorted(by: { $0.key < $1.key })
                where machines.contains(process.machine) { kill(name) }
                for machine in machines { pass(.leaves(machine: machine), after: timing.leave) }
            }
        }
    }

    /// What takes no time happens at once.
    mutating func pass(_ event: Event, after milliseconds: Int) {
        if milliseconds == 0 { happen(event) } else { schedule(event, after: milliseconds) }
    }

    /// The domain that a machine is; `nil`: none that runs.
    private func host(of machine: String) -> (hypervisor: String, node: String)? {
        for (name, hypervisor) in hypervisors {
            for (node, domain) in hypervisor.domains where domain.isRunning && !domain.isStartCut {
                if id(domain, hypervisor) == machine { return (name, node) }
            }
        }
        return nil
    }

    /// A machine's id is on its disk: a new disk is another machine.
    private func id(_ domain: SimulatedHypervisor.Domain, _ hypervisor: SimulatedHypervisor) -> String? {
        guard let overlay = domain.mark?.owns.overlay, let volume = hypervisor.volumes[overlay] else { return nil }
        return "\(domain.uuid)-\(volume.generation)"
    }

    private mutating func join(_ hypervisor: String, _ node: String, _ boot: Int) {
        guard let system = hypervisors[hypervisor], let domain = system.domains[node], domain.isRunning,
            domain.boot == boot, let id = id(domain, system), let mark = domain.mark
        else { return }
        units.machines[id] = mark.node
        if hasAgents { hypervisors[hypervisor]?.domains[node]?.guestHostname = mark.node }
        for (name, state) in units.states where state.machine == id { units.states[name] = nil }
        scheduleUnits()
    }

    private mutating func leave(_ machine: String) {
        guard host(of: machine) == nil else { return }
        units.machines[machine] = nil
        for (name, state) in units.states.sorted(by: { $0.key < $1.key }) where state.machine == machine {
            pass(.forgets(unit: name, state), after: timing.linger)
        }
    }

    /// Starts what is to run and does not, where its place is there.
    mutating func scheduleUnits() {
        for (name, unit) in units.units.sorted(by: { $0.key < $1.key })
        where unit.launched && units.processes[name] == nil {
            guard place(of: unit) != nil else { continue }
            schedule(.starts(unit: name, generation: nextGeneration()), after: timing.unitStart)
        }
    }

    private func place(of unit: SimulatedUnits.Unit) -> String? {
        units.machine(for: unit) { host(of: $0) != nil }
    }

    private mutating func start(_ name: String, _ generation: Int) {
        guard let unit = units.units[name], unit.launched, units.processes[name] == nil,
            let machine = place(of: unit)
        else { return }
        units.processes[name] = SimulatedUnits.Process(machine: machine, generation: generation)
        pass(.shows(unit: name, generation: generation), after: timing.blank)
        if names.ordinal(instance: name) != nil { calls[name] = 0 }
        beginKamailio(name)
        scheduleUnits()
        scheduleRegistration(of: name)
    }

    mutating func scheduleRegistration(of unit: String) {
        let ordinal = names.ordinal(instance: unit) ?? names.ordinal(announcer: unit)
        guard let ordinal, let main = units.processes[names.instance(ordinal)],
            let announcer = units.processes[names.announcer(ordinal)]
        else { return }
        schedule(
            .registers(
                instance: names.instance(ordinal), main: main.generation, announcer: announcer.generation),
            after: timing.registration)
    }

    /// The announcer registers what it was told, from its own unit.
    private mutating func register(_ instance: String, _ main: Int, _ announcer: Int) {
        guard let ordinal = names.ordinal(instance: instance), units.processes[instance]?.generation == main,
            units.processes[names.announcer(ordinal)]?.generation == announcer,
            let mark = units.units[names.announcer(ordinal)]?.mark
        else { return }
        etcd.put(
            names.instancesPrefix + instance,
            .instance(
                InstanceRecord(
                    address: mark.inputs.address.description, port: mark.inputs.ports.sip, node: mark.node,
                    track: mark.track, image: mark.inputs.image, version: "", health: "answering",
                    unit: mark.announces ?? "", since: now,
                    probe: mark.announcing?.probe.map { InstanceRecord.Probe(extension: $0) })))
        tellCalls(of: instance)
    }

    /// A service ends: an instance's calls with it, and the keys of what announced it a little later.
    mutating func kill(_ name: String) {
        guard units.processes.removeValue(forKey: name) != nil else { return }
        endKamailio(name)
        if names.ordinal(instance: name) != nil {
            let counted = etcd.values[names.callsPrefix + name] != nil
            kills.append(
                Kill(
                    instance: name, calls: calls[name] ?? 0, isCounted: counted,
                    isDealt: isDealt(name)))
            calls[name] = nil
            if let announcer = names.announcer(of: name), units.processes[announcer] != nil { kill(announcer) }
        }
        let instance = names.ordinal(announcer: name).map { names.instance($0) } ?? name
        let keys = [names.instancesPrefix + instance, names.callsPrefix + instance]
        if keys.contains(where: { etcd.values[$0] != nil }) {
            pass(.lapses(instance: instance, since: etcd.instance(instance)?.since), after: timing.lapse)
        }
    }

    mutating func perform(_ operation: UnitOperation) throws(PortError) {
        switch operation {
        case .put(let file, let cluster):
            if let standing = units.units[file.name] {
                try verify(standing, file.name, cluster)
                if standing.launched, Self.means(standing.options, file.options) { return }
            }
            kill(file.name)
            units.states[file.name] = nil
            units.units[file.name] = SimulatedUnits.Unit(file.options)
            scheduleUnits()
        case .remove(let name, let cluster):
            guard let standing = units.units[name] else { return }
            try verify(standing, name, cluster)
            remove(name)
        }
    }

    /// Takes a unit away, by whomever.
    mutating func remove(_ name: String) {
        kill(name)
        units.units[name] = nil
        if let state = units.states[name] { pass(.forgets(unit: name, state), after: timing.linger) }
    }

    private func verify(_ unit: SimulatedUnits.Unit, _ name: String, _ cluster: String) throws(PortError) {
        guard (unit.mark?.cluster ?? unit.kamailio?.cluster) == cluster else {
            throw PortError(.changed, "unit \(name) is not this cluster's")
        }
    }

    /// Equal but for the time of putting.
    private static func means(_ a: [UnitFile.Option], _ b: [UnitFile.Option]) -> Bool {
        a.filter { $0.name != "PutAt" } == b.filter { $0.name != "PutAt" }
    }
}
