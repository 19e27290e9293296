import ClusterModel
import Planning
import Reconciler

/// What goes on around the controllers while faults last.
extension Simulation {
    /// Tells the invariants what is allowed now.
    mutating func announce(_ planner: Planner) {
        let spec = planner.desired.spec
        guardian.obey(
            Guardian.Limits(
                destroy: max(planner.allowDestroy ?? 0, spec.safety.maxDestroy),
                instances: spec.asterisk.maxUnavailable, nodes: spec.nodes.maxUnavailable,
                wantedInstances: planner.desired.instances, wantedNodes: spec.nodes.count))
    }

    mutating func disturb(for cycles: Int, _ hypervisors: [String]) {
        var next = now
        while self.cycles < cycles, violations.isEmpty {
            if now >= next {
                next = Instant(milliseconds: now.milliseconds + Int64(chance.pick(500...30_000)))
                disturbance(hypervisors)
            }
            // With nobody left, somebody starts anew.
            if !step() { begin(mode: .continuous, controller: 0) }
        }
    }

    private mutating func disturbance(_ hypervisors: [String]) {
        restart()
        events()
        calls()
        if chance.happens(faults.hands) { hands(hypervisors) }
        if chance.happens(50) { change() }
        if chance.happens(faults.unreadable) {
            let source = chance.pick([.registry, .units] + hypervisors.map { Task.Source.hypervisor($0) })
            faults.down = source.map { [$0] } ?? []
        } else if chance.happens(400) {
            faults.down = []
        }
        // With another one waiting, a lease taken away by hand could be two leaders' at once: no lease can prevent that.
        if controllers.count == 1, chance.happens(faults.crash) { world.etcd.revoke() }
    }

    private mutating func restart() {
        for index in controllers.indices where !controllers[index].isAlive && chance.happens(500) {
            begin(mode: .continuous, controller: index)
        }
    }

    /// Events that tell of changes: some are lost, some come twice.
    private mutating func events() {
        for index in controllers.indices where controllers[index].isAlive {
            for _ in 0..<chance.pick(0...2) { schedule(.deliver(.changed), of: index, after: delay(500)) }
        }
    }

    private mutating func calls() {
        for instance in world.units.processes.keys.sorted() where world.names.ordinal(instance: instance) != nil {
            switch chance.pick(0...3) {
            case 0: world.ring(instance)
            case 1, 2: world.hangUp(instance)
            default: break
            }
        }
        if chance.happens(300) { world.talk(chance.pick(1...20)) }
        for name in world.kamailios.keys.sorted() {
            if chance.happens(faults.hands / 10) { world.deafen(name) } else if chance.happens(300) { world.hear(name) }
        }
        if world.etcd.state.rollout?.state == .passed, chance.happens(400) { world.order(.promote) }
        if chance.happens(50) { world.order(chance.pick(CanaryOrder.allCases) ?? .pause) }
        world.kills = []
    }

    /// The manifest changes in the middle.
    private mutating func change() {
        var spec = Scenario.spec(
            &chance, planner.desired.spec.hypervisors.map(\.name), kamailios: world.kamailios.keys.sorted())
        if chance.happens(500) {
            let before = planner.desired.spec
            spec.nodes = before.nodes
            spec.asterisk.perNode = before.asterisk.perNode
            spec.asterisk.replicas = min(before.asterisk.replicas, spec.asterisk.replicas)
            if spec.nodes.count * spec.asterisk.perNode == spec.asterisk.replicas { spec.canary = nil }
        }
        adopt(Planner(desired: spec.expanded(), limits: planner.limits, allowDestroy: planner.allowDestroy))
    }

    mutating func adopt(_ planner: Planner) {
        self.planner = planner
        announce(planner)
        note("the manifest changes")
        for index in controllers.indices where controllers[index].isAlive {
            tell(.desired(tampering.planner(planner)), to: index)
        }
    }

    private mutating func hands(_ hypervisors: [String]) {
        let hypervisor = chance.pick(hypervisors) ?? ""
        let node = world.names.node(chance.pick(1...4))
        let isForeign = world.hypervisors[hypervisor]?.domains[node]?.mark == nil
        let ours = world.units.units.filter { $0.value.mark?.cluster == world.names.cluster }.keys.sorted()
        let unit = chance.pick(ours) ?? ""
        let drive = world.hypervisors[hypervisor]?.domains[node]?.mark?.owns.drive ?? ""
        let hand = chance.pick(0...14)
        note("behind our back: \(hand) \(hypervisor) \(node) \(unit)")
        switch hand {
        case 0...8 where isForeign: break
        case 0, 1: world.destroyDomain(node, on: hypervisor)
        case 2: world.undefineDomain(node, on: hypervisor)
        case 3:
            world.undefineDomain(node, on: hypervisor)
            world.destroyDomain(node, on: hypervisor)
        case 4:
            if chance.happens(500) {
                world.cutStart(node, on: hypervisor)
            } else {
                world.startDomain(node, on: hypervisor)
            }
        case 5: world.hypervisors[hypervisor]?.volumes[drive] = nil
        case 6:
            world.hypervisors[hypervisor]?.reservations.removeAll { $0.name == node && $0.address.number < 0x0A00_00C8 }
        case 7:
            if chance.happens(500) {
                world.hypervisors[hypervisor]?.domains[node]?.hardware?.memoryMiB = 777
            } else {
                world.hypervisors[hypervisor]?.domains[node]?.running?.vcpus = 7
            }
        case 8:
            if world.hypervisors[hypervisor]?.domains[node]?.isRunning == false {
                world.hypervisors[hypervisor]?.volumes["\(node).qcow2"] = nil
            }
        case 9: world.remove(unit)
        case 10: world.changeUnit(unit)
        case 11: world.stopUnit(unit)
        case 12: world.crash(unit)
        case 13: world.deleteKey(chance.pick(world.etcd.values.keys.sorted()) ?? "")
        default: world.spoilKey(world.names.instancesPrefix + "a-asterisk-1")
        }
        world.kills = []
        world.damage = []
    }
}
