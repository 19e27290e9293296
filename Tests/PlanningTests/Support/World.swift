import ClusterModel
import Planning
import Provisioning

/// An observed world for tables: what the systems would show, put together by hand and not by `predict`.
struct World {
    var observed: Observed
    var now = Instant.start

    /// Systems that hold nothing of ours.
    static func empty(_ spec: ClusterSpec) -> World {
        var hypervisors: [String: Reading<HypervisorState>] = [:]
        for hypervisor in spec.hypervisors { hypervisors[hypervisor.name] = .known(.empty, at: .start) }
        return World(
            observed: Observed(
                hypervisors: hypervisors, registry: .known(RegistryState(), at: .start),
                units: .known(UnitsState(), at: .start),
                images: [
                    spec.nodes.image: .known(
                        ImageFile(sha256: String(repeating: "5", count: 64), bytes: 1000), at: .start)
                ]))
    }

    /// Everything that the manifest asks for, up and in the shares.
    static func standing(_ spec: ClusterSpec) -> World {
        var world = empty(spec)
        for node in world.definitions(spec) { world.run(node) }
        for case .placeInstance(let instance) in world.actions(spec).map(\.kind) { world.run(instance) }
        let members = world.registry.instances.keys.sorted { $0.count == $1.count ? $0 < $1 : $0.count < $1.count }
        world.registry.shares = Shares(
            revision: 1, draw: spec.expanded().draw,
            instances: members.map { name in
                let record = world.registry.instances[name]
                return Shares.Member(
                    name: name, address: "\(record?.address ?? ""):\(record?.port ?? 0)",
                    track: record?.track ?? .stable)
            })
        world.registry.keys.insert("/dialtone/a/shares")
        world.now = world.now.advanced(bySeconds: 1000)
        return world
    }

    /// The definitions of the nodes that would be created now.
    func definitions(_ spec: ClusterSpec) -> [NodeDefinition] {
        actions(spec).compactMap { if case .createNode(let node) = $0.kind { node } else { nil } }
    }

    func actions(_ spec: ClusterSpec) -> [Action] { step(spec).actions }

    func step(_ spec: ClusterSpec, allowDestroy: Int? = nil) -> Step {
        step(spec.expanded(), allowDestroy: allowDestroy)
    }

    func step(_ desired: Desired, allowDestroy: Int? = nil) -> Step {
        Planner(desired: desired, allowDestroy: allowDestroy).step(observed, now: now)
    }

    /// The step in short: `createNode a-node-1`, `wait join a-node-1`, `held(conflict) create a-node-1`.
    func lines(_ spec: ClusterSpec, allowDestroy: Int? = nil) -> [String] {
        step(spec, allowDestroy: allowDestroy).lines
    }

    func plan(_ spec: ClusterSpec, allowDestroy: Int? = nil) -> Plan {
        plan(spec.expanded(), allowDestroy: allowDestroy)
    }

    func plan(_ desired: Desired, allowDestroy: Int? = nil) -> Plan {
        Planner(desired: desired, allowDestroy: allowDestroy).plan(observed, now: now)
    }
}

extension World {
    subscript(hypervisor name: String) -> HypervisorState {
        get { observed.hypervisors[name]?.value ?? .empty }
        set { observed.hypervisors[name] = .known(newValue, at: now) }
    }

    var hypervisor: HypervisorState {
        get { self[hypervisor: "h"] }
        set { self[hypervisor: "h"] = newValue }
    }

    var registry: RegistryState {
        get { observed.registry.value ?? RegistryState() }
        set { observed.registry = .known(newValue, at: now) }
    }

    var units: UnitsState {
        get { observed.units.value ?? UnitsState() }
        set { observed.units = .known(newValue, at: now) }
    }

    /// A node that runs and has joined.
    mutating func run(_ node: NodeDefinition) {
        define(node, startedAt: now)
        units.machines["machine-of-\(node.name)"] = MachineState(node: node.name)
    }

    /// A node's domain with all that belongs to it.
    mutating func define(_ node: NodeDefinition, startedAt: Instant?, run: DomainState.Run = .running) {
        var mark = node.mark
        mark.startedAt = startedAt
        self[hypervisor: node.hypervisor].domains[node.name] = DomainState(
            uuid: node.uuid, run: run, mark: .readable(mark),
            hardware: Hardware(inputs: mark.inputs, owns: mark.owns))
        self[hypervisor: node.hypervisor].pool?.volumes.formUnion(mark.owns.volumes)
        self[hypervisor: node.hypervisor].network?.reservations.append(mark.owns.reservation)
    }

    /// An instance that is up, with its announcer.
    mutating func run(_ instance: InstanceDefinition) {
        put(instance)
        register(instance.name)
    }

    mutating func put(_ instance: InstanceDefinition) {
        let pair = InstanceUnits(instance, putAt: now)
        let machine = "machine-of-\(instance.inputs.node)"
        units.units[instance.name] = UnitState(
            mark: pair.mainMark, intact: true, launched: true, run: .running(machine: machine))
        units.units[instance.announcer] = UnitState(
            mark: pair.announcerMark, intact: true, launched: true, run: .running(machine: machine))
    }

    mutating func register(_ instance: String, calls: Int? = 0) {
        guard let mark = units.units[instance]?.mark else { return }
        registry.instances[instance] = InstanceRecord(
            address: mark.inputs.address.description, port: mark.inputs.ports.sip, node: mark.node,
            track: mark.track, image: mark.inputs.image, version: "20.9.0", health: "answering", unit: mark.hash,
            since: now)
        registry.keys.insert("/dialtone/a/instances/\(instance)")
        self.calls(calls, on: instance)
    }

    /// `nil`: it has not reported any.
    mutating func calls(_ count: Int?, on instance: String) {
        registry.calls[instance] = count.map { CallsRecord(calls: $0, oldest: nil) }
        registry.countAnew()
        if count != nil { registry.keys.insert("/dialtone/a/calls/\(instance)") }
    }

    /// The keys of an instance lapse.
    mutating func lapse(_ instance: String) {
        registry.unregister(instance, Names(cluster: "a"))
    }

    /// The node's domain is off; its machine, instances and keys are gone.
    mutating func stop(_ node: String, on hypervisor: String = "h") {
        self[hypervisor: hypervisor].domains[node]?.run = .off
        units.machines["machine-of-\(node)"] = nil
        for (name, unit) in units.units where unit.mark?.node == node {
            units.units[name]?.run = .unreported
            lapse(name)
        }
    }

    mutating func change(mark node: String, on hypervisor: String = "h", _ change: (inout NodeMark) -> Void) {
        guard var mark = self[hypervisor: hypervisor].domains[node]?.nodeMark else { return }
        change(&mark)
        self[hypervisor: hypervisor].domains[node]?.mark = .readable(mark)
    }

    /// Its state in the shares.
    mutating func share(_ instance: String, _ state: Shares.Member.State) {
        guard let index = registry.shares?.instances.firstIndex(where: { $0.name == instance }) else { return }
        let since = state == .draining ? now : nil
        registry.shares?.instances[index].state = state
        registry.shares?.instances[index].drainingSince = since
        registry.countAnew()
    }
}

extension Step {
    var lines: [String] { actions.map(\.line) + waits.map(\.line) + holds.map(\.line) }
}

extension Action {
    var word: String { String("\(kind)".prefix { $0 != "(" }) }
    var line: String { "\(word) \(target)" }
}

extension Wait {
    var line: String { "wait \("\(subject)".prefix { $0 != "(" }) \(target)" }
}

extension Hold {
    var line: String { "held(\(cause.rawValue)) \(action) \(target)" }
}
