import ClusterModel
import Planning
import Testing

/// A plan is drawn up from one survey that goes along with the foreseen world, and looks again only at what a step changed. It has to be the plan of
/// whoever looks at everything anew after each step.
@Suite struct GoingAlongTests {
    /// The plan of whoever looks at everything anew.
    private func steps(_ planner: Planner, _ world: World) -> (steps: [Plan.PlannedStep], holds: [Hold]) {
        let names = planner.desired.names
        var (observed, clock) = (world.observed, world.now)
        var steps: [Plan.PlannedStep] = []
        while steps.count < 200 {
            let step = planner.step(observed, now: clock)
            guard !step.isConverged else { return (steps, step.holds) }
            let begun = clock
            observed.predict(step.actions, names, at: begun)
            var waits = step.waits
            if !waits.isEmpty, !step.actions.isEmpty {
                let subjects = Set(waits.map(\.subject))
                waits += planner.step(observed, now: begun).waits.filter { !subjects.contains($0.subject) }
            }
            steps.append(
                Plan.PlannedStep(atMost: begun.seconds(since: world.now), actions: step.actions, waits: waits))
            clock = begun.advanced(bySeconds: waits.map(\.limit).max() ?? 0)
            observed.settle(waits, names, at: clock)
        }
        return (steps, [])
    }

    /// Worlds with dispatchers, canaries by steps, orders and oddities, too.
    private func drawn(_ seed: Int) -> (world: World, wanted: ClusterSpec) {
        var (world, wanted) = World.drawn(seed)
        var chance = SplitMix(state: UInt64(seed) ^ 0xa1)
        func happens(oneOf n: UInt64) -> Bool { chance.next() % n == 0 }
        let (node, instance) = ("a-node-\(chance.next() % 4 + 1)", "a-asterisk-\(chance.next() % 4 + 1)")
        if happens(oneOf: 2) { wanted.kamailio.external = ["k"] }
        // Somebody has to count the calls of a canary by steps.
        if happens(oneOf: 2), wanted.kamailio.external == ["k"] {
            wanted.canary?.steps = [
                RolloutStep(weight: 5, pause: 60, calls: 10), RolloutStep(weight: 25, pause: 0, calls: 20),
            ]
        }
        if happens(oneOf: 4) {
            let order = PersonalOrder(by: "x", note: "", at: .start)
            world.registry.drains[happens(oneOf: 2) ? node : instance] = order
        }
        if happens(oneOf: 4) {
            let order = PersonalOrder(by: "x", note: "", at: .start)
            world.registry.canaryOrders[happens(oneOf: 2) ? .promote : .pause] = order
        }
        if happens(oneOf: 3) {
            let image = ImageFile(sha256: String(repeating: "6", count: 64), bytes: 1000)
            world.observed.images[wanted.nodes.image] = .known(image, at: .start)
        }
        if happens(oneOf: 4) { world.registry.instances[instance]?.since = .start.advanced(bySeconds: -20) }
        if happens(oneOf: 4) { world.units.machines["machine-of-\(node)"]?.node = "a-node-1" }
        if happens(oneOf: 4) { world.hypervisor.domains[node]?.guestHostname = "localhost" }
        if happens(oneOf: 4) { world.hypervisor.domains[node]?.persistent = false }
        if happens(oneOf: 4) { world.units.lingering.insert(instance) }
        if happens(oneOf: 4) { world.hypervisor.domains[node]?.run = .starting }
        if happens(oneOf: 6) { wanted.asterisk.probe = ProbeSpec(extension: "999") }
        if happens(oneOf: 6) { world.units.units[instance]?.mark?.node = "a-node-4" }
        if happens(oneOf: 6) { world.hypervisor.domains[node]?.mark = .unreadable(reason: "new", cluster: "a") }
        if happens(oneOf: 6) { world[hypervisor: "i"].domains[node] = world.hypervisor.domains[node] }
        return (world, wanted)
    }

    @Test("a plan is what looking at everything anew after each step gives", arguments: 0..<40)
    func sameAsAnew(_ round: Int) {
        for seed in (round * 10)..<(round * 10 + 10) {
            let (world, wanted) = drawn(seed)
            for desired in [wanted.expanded(), wanted.emptied()] {
                let planner = Planner(desired: desired, allowDestroy: 1000)
                let plan = planner.plan(world.observed, now: world.now)
                let anew = steps(planner, world)
                // In so many words: all of both plans would be too many.
                let differs = zip(plan.steps, anew.steps).enumerated().first { $1.0 != $1.1 }?.offset
                #expect(differs == nil, "seed \(seed)")
                #expect(plan.steps.count == anew.steps.count, "seed \(seed)")
                #expect(plan.holds.map(\.because) == anew.holds.map(\.because), "seed \(seed)")
            }
        }
    }
}
