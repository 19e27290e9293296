import ClusterModel
import Planning
import Reconciler

/// The end of a run: faults stop, calls end, and everything comes to rest.
extension Simulation {
    mutating func converge() {
        guard violations.isEmpty else { return }
        faults = .none
        note("faults end")
        for name in world.kamailios.keys.sorted() { world.hear(name) }
        for index in controllers.indices {
            controllers[index].frozenUntil = nil
            controllers[index].isAlive = false
        }
        var planner = self.planner
        planner.allowDestroy = 1000
        // A canary with steps ends with somebody's word, and no run waits for that.
        if planner.desired.spec.canary?.steps.isEmpty == false {
            planner.desired.spec.canary?.steps = []
            planner.desired = planner.desired.spec.expanded()
        }
        self.planner = planner
        // Nor for the manifest to name what was promoted.
        if world.etcd.state.rollout?.promoted != nil { world.order(.abort) }
        announce(planner)
        var tries = 0
        repeat {
            tries += 1
            for instance in world.units.processes.keys.sorted() { world.hangUp(instance) }
            // Longer than any lease: what is not renewed is gone.
            world.advance(bySeconds: 15)
            begin(mode: .once, controller: 0)
            let most = cycles + 600
            while controllers[0].outcome == nil, cycles < most, violations.isEmpty, step() {}
            guard violations.isEmpty else { return }
            // What the systems still do by themselves may take a while longer than the plan's own bound.
        } while !isConverged(controllers[0].outcome) && tries < 3
        guard isConverged(controllers[0].outcome) else {
            violations.append("it does not converge: \(describe(controllers[0].outcome))")
            return
        }
        world.advance(bySeconds: 120)
        let step = planner.step(world.observed, now: now)
        if !step.isConverged || !step.holds.isEmpty { violations.append("something is left to do: \(step.summary)") }
        violations += leftovers()
    }

    private func isConverged(_ outcome: Outcome?) -> Bool {
        if case .converged = outcome { true } else { false }
    }

    private func describe(_ outcome: Outcome?) -> String {
        switch outcome {
        case nil: "it did not end"
        case .converged: "converged"
        case .held(let holds): Step(holds: holds).summary
        case .failed(let failures): failures.map { "\($0.target): \($0.error)" }.joined(separator: "; ")
        case .unreachable(let systems): systems.joined(separator: "; ")
        case .timedOut(let left): "timed out: \(left.summary)"
        case .notLeader(let leader): "not the leader, but \(leader?.name ?? "nobody")"
        case .stopped(let left): "stopped: \(left.summary)"
        }
    }

    /// What is there and should not be, and the other way round; counted from the manifest alone.
    private func leftovers() -> [String] {
        let spec = planner.desired.spec
        var found: [String] = []
        func expect<T: Equatable>(_ what: String, _ value: T, _ wanted: T) {
            if value != wanted { found.append("\(what): \(value), and not \(wanted)") }
        }
        let nodes = world.hypervisors.values.flatMap { $0.domains.filter { $0.value.mark != nil }.keys }
        expect("nodes", nodes.count, spec.nodes.count)
        for (name, system) in world.hypervisors.sorted(by: { $0.key < $1.key }) {
            var volumes: Set<String> = []
            for (node, domain) in system.domains {
                guard let owns = domain.mark?.owns else { continue }
                volumes.formUnion(owns.volumes)
                expect("\(node) runs", domain.isRunning, true)
                expect("\(node) is defined", domain.persistent, true)
                expect("\(node)'s memory", domain.hardware?.memoryMiB, spec.nodes.memoryMiB)
                expect("\(node)'s vcpus", domain.running?.vcpus, spec.nodes.vcpus)
                expect("\(node)'s reservation", system.reservations.contains(owns.reservation), true)
            }
            let ours = system.volumes.filter { $0.value.generation > 0 }.keys
            expect("volumes on \(name)", ours.sorted(), volumes.sorted())
            expect(
                "reservations on \(name)", system.reservations.count,
                1 + system.domains.values.count { $0.mark != nil })
        }
        let units = world.units.units.filter { $0.value.mark != nil }
        expect("units", units.count, 2 * planner.desired.instances)
        for (track, wanted) in planner.desired.tracks {
            let instances = units.filter { $0.value.mark?.track == track && $0.value.mark?.component == .asterisk }
            expect("\(track) instances", instances.count, wanted.replicas)
            for (name, unit) in instances {
                expect("\(name)'s image", unit.mark?.inputs.image, wanted.workload.image)
                expect("\(name) is up", world.etcd.instance(name)?.unit, unit.hash)
                expect("\(name)'s share", world.etcd.shares?[name]?.state, .in)
            }
        }
        expect("shares", world.etcd.shares?.instances.count ?? 0, planner.desired.instances)
        expect("draw", world.etcd.shares?.draw, planner.desired.instances > 0 ? planner.desired.draw : nil)
        let keys = world.etcd.values.keys.count {
            !$0.hasPrefix(world.names.eventsPrefix) && !$0.hasPrefix(world.names.trafficPrefix)
                && !$0.hasPrefix(world.names.dispatchersPrefix)
        }
        expect("keys", keys, 2 * planner.desired.instances + (planner.desired.instances > 0 ? 1 : 0))
        return found.sorted()
    }
}
