import ClusterModel
import Planning
import Provisioning
import Testing

@Suite struct PlanTests {
    private func outline(_ plan: Plan) -> [String] {
        plan.steps.map { step in
            "\(step.atMost): " + (step.actions.map(\.line) + step.waits.map(\.line)).joined(separator: ", ")
        }
    }

    @Test("the first creation, to its end")
    func creation() {
        let spec = ClusterSpec.sample(nodes: 2, replicas: 1, canary: 1)
        let plan = World.empty(spec).plan(spec)
        #expect(
            outline(plan) == [
                "0: createNode a-node-1, createNode a-node-2", "0: wait join a-node-1, wait join a-node-2",
                "300: placeInstance a-asterisk-1, placeInstance a-asterisk-2",
                "300: wait registration a-asterisk-1, wait registration a-asterisk-2", "420: writeShares shares",
            ])
        #expect(plan.holds == [])
        #expect(plan.bound == 420)
        #expect(
            plan.assumptions == [
                "every node boots and joins in time", "every instance starts and registers in time",
            ])
    }

    @Test("a rolling change of the image, to its end")
    func rolling() {
        let spec = ClusterSpec.sample(nodes: 2, replicas: 2)
        let world = World.standing(spec)
        #expect(
            outline(world.plan(spec.with { $0.asterisk.workload.image = "asterisk:21" })) == [
                "0: writeShares shares", "0: replaceInstance a-asterisk-1",
                "0: wait registration a-asterisk-1", "120: writeShares shares",
                "120: writeShares shares", "120: replaceInstance a-asterisk-2", "120: wait registration a-asterisk-2",
                "240: writeShares shares",
            ])
    }

    @Test("what is begun while something else is waited for is not late when that has ended")
    func overlapping() {
        let spec = ClusterSpec.sample(nodes: 4, replicas: 3)
        let plan = World.standing(spec).plan(spec.with { $0.nodes.diskGiB = 40 }, allowDestroy: 4)
        #expect(plan.holds == [])
        #expect(plan.actions.filter { $0.verb == .replace }.map(\.target).sorted() == (1...4).map { "a-node-\($0)" })
    }

    @Test("destroy, to the end with forgetting")
    func destroy() {
        let spec = ClusterSpec.sample(nodes: 2, replicas: 2)
        let world = World.standing(spec)
        let plan = world.plan(spec.emptied(), allowDestroy: 4)
        #expect(
            outline(plan) == [
                "0: writeShares shares", "0: removeInstance a-asterisk-1, removeInstance a-asterisk-2",
                "0: wait departure a-asterisk-1, wait departure a-asterisk-2",
                "60: destroyNode a-node-1, destroyNode a-node-2", "60: forgetCluster a",
            ])
        #expect(plan.holds == [])
    }

    @Test("without etcd a plan has no action, says what cannot be read, and what would be done")
    func withoutEtcd() {
        let spec = ClusterSpec.sample(nodes: 1, replicas: 1)
        var world = World.empty(spec)
        world.observed.registry = .unknown(
            reason: "refused", last: .init(value: RegistryState(), at: .start))
        let plan = world.plan(spec)
        #expect(plan.steps == [])
        #expect(plan.holds.map(\.line) == ["held(unknown) create a-node-1"])
        #expect(plan.unknowns == [Plan.Unknown(source: "etcd", reason: "refused", lastKnown: .start)])
    }

    @Test(
        "every plan ends, equal inputs give equal plans, and the world that it foresees needs nothing more",
        arguments: 0..<30)
    func properties(_ round: Int) {
        for seed in (round * 5)..<(round * 5 + 5) {
            let (world, wanted) = World.drawn(seed)
            let plan = world.plan(wanted)
            #expect(!plan.holds.contains { $0.because.contains("no end is in sight") }, "seed \(seed)")
            #expect(CanonicalJSON.text(world.plan(wanted)) == CanonicalJSON.text(plan), "seed \(seed)")
            var later = world
            for step in plan.steps {
                later.now = world.now.advanced(bySeconds: step.atMost)
                later.observed.predict(step.actions, Names(cluster: "a"), at: later.now)
                later.now = later.now.advanced(bySeconds: step.waits.map(\.limit).max() ?? 0)
                later.observed.settle(step.waits, Names(cluster: "a"), at: later.now)
            }
            #expect(later.step(wanted).isConverged, "seed \(seed)")
        }
    }

    @Test("a standing cluster has an empty plan", arguments: [1, 2, 5, 40])
    func standing(_ nodes: Int) {
        let spec = ClusterSpec.sample(nodes: nodes, replicas: nodes)
        #expect(World.standing(spec).plan(spec).isEmpty)
    }

    @Test("the plan for an equal world seen later is equal but for the time")
    func later() {
        let spec = ClusterSpec.sample()
        var world = World.empty(spec)
        let first = world.plan(spec)
        world.now = world.now.advanced(bySeconds: 5000)
        var second = world.plan(spec)
        second.createdAt = first.createdAt
        #expect(outline(second) == outline(first))
    }
}
