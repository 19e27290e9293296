import ClusterModel
import Planning
import Provisioning
import Testing

/// Kamailios of ours.
@Suite struct KamailioPlanningTests {
    private let plain = ClusterSpec.sample(nodes: 3, replicas: 2)
    private let spec = ClusterSpec.sample(nodes: 3, replicas: 2).with {
        $0.kamailio.replicas = 2
        $0.kamailio.image = "kamailio:5.6"
    }

    /// A cluster whose Kamailios stand and have its shares in force.
    private func standing() -> World {
        var world = World.standing(plain)
        for case .placeKamailio(let kamailio) in world.actions(spec).map(\.kind) {
            let pair = KamailioUnits(kamailio, putAt: .start)
            let machine = "machine-of-\(kamailio.inputs.node)"
            for (name, mark) in [(kamailio.name, pair.mainMark), (kamailio.dispatcher, pair.dispatcherMark)] {
                world.units.units[name] = UnitState(
                    mark: nil, kamailio: mark, intact: true, launched: true, run: .running(machine: machine))
            }
            world.registry.acknowledge(kamailio.name, Names(cluster: "a"))
        }
        return world
    }

    @Test("they stand one a node, first where the fewest instances are, each with an agent beside it")
    func places() {
        let world = World.standing(plain)
        let placed = world.actions(spec).compactMap { action -> String? in
            guard case .placeKamailio(let kamailio) = action.kind else { return nil }
            return
                "\(kamailio.name) \(kamailio.dispatcher) \(kamailio.inputs.node) \(kamailio.inputs.address):\(kamailio.inputs.port)"
        }
        #expect(
            placed == [
                "a-kamailio-1 a-dispatcher-1 a-node-3 10.0.0.13:5065",
                "a-kamailio-2 a-dispatcher-2 a-node-1 10.0.0.11:5065",
            ])
        #expect(standing().lines(spec).isEmpty)
    }

    @Test("a first plan brings them with everything else, and the shares are in force when they say so")
    func first() {
        let plan = World.empty(spec).plan(spec)
        #expect(plan.actions.count { $0.word == "placeKamailio" } == 2)
        #expect(
            plan.steps.flatMap(\.waits).filter { if case .acknowledgement = $0.subject { true } else { false } }.map(
                \.target)
                == ["a-kamailio-1", "a-kamailio-2"])
        #expect(plan.holds.isEmpty)
    }

    @Test("a drain waits for those of ours; one whose node is proved off is not waited for")
    func drains() {
        var world = standing()
        let next = spec.with { $0.asterisk.workload.image = "asterisk:21" }
        for case .writeShares(var shares) in world.actions(next).map(\.kind) {
            shares.writtenAt = world.now
            world.registry.shares = shares
        }
        #expect(
            world.lines(next) == ["wait acknowledgement a-kamailio-1", "wait acknowledgement a-kamailio-2"])
        world.registry.acknowledge("a-kamailio-2", Names(cluster: "a"))
        #expect(world.lines(next) == ["wait acknowledgement a-kamailio-1"])
        world.stop("a-node-3")
        #expect(world.lines(next).contains("replaceInstance a-asterisk-1"))
    }

    @Test("another port changes one after the other, each when the other has the shares in force")
    func changes() {
        let world = standing()
        let next = spec.with { $0.kamailio.listen = 5075 }
        let step = world.step(next)
        #expect(step.lines == ["updateKamailio a-kamailio-1"])
        #expect(step.actions.first?.changes == [Change(field: "listen", from: "5065", to: "5075", by: .manifest)])
        let plan = world.plan(next)
        #expect(plan.actions.map(\.line) == ["updateKamailio a-kamailio-1", "updateKamailio a-kamailio-2"])
        #expect(plan.holds == [])
        #expect(plan.steps.flatMap(\.waits).map(\.target) == ["a-kamailio-1", "a-kamailio-2"])
        var late = world
        late.registry.dispatchers["a-kamailio-2"] = nil
        // What is not in force anywhere else is touched first: it deals by nothing that is known.
        #expect(
            late.lines(next) == [
                "updateKamailio a-kamailio-2", "held(overdue) wait for dispatcher a-kamailio-2",
            ])
    }

    @Test("what somebody did to its units is mended")
    func mends() {
        var world = standing()
        world.units.units["a-dispatcher-2"] = nil
        #expect(world.step(spec).actions.map(\.reason) == ["its dispatcher is not there"])
        world = standing()
        world.units.units["a-kamailio-1"]?.intact = false
        #expect(world.step(spec).actions.map(\.reason) == ["somebody changed its unit"])
        world = standing()
        world.units.units["a-kamailio-1"]?.launched = false
        #expect(world.step(spec).actions.map(\.reason) == ["somebody stopped it"])
        world = standing()
        world.units.units["a-kamailio-2"] = nil
        #expect(world.step(spec).actions.map(\.line) == ["placeKamailio a-kamailio-2"])
    }

    @Test(
        "those that are more than the manifest asks for go, with the agents beside them; foreign units of their names are a conflict"
    )
    func leaves() {
        var world = standing()
        #expect(world.lines(spec.with { $0.kamailio.replicas = 1 }) == ["removeKamailio a-kamailio-2"])
        world.units.units["a-kamailio-2"] = nil
        #expect(world.lines(spec.with { $0.kamailio.replicas = 1 }) == ["removeKamailio a-kamailio-2"])
        world.units.units["a-dispatcher-2"] = UnitState(mark: nil, intact: true, launched: true, run: .unreported)
        #expect(world.lines(spec) == ["held(conflict) place a-kamailio-2"])
        let end = standing().plan(spec.emptied(), allowDestroy: 10)
        #expect(end.actions.count { $0.word == "removeKamailio" } == 2 && end.holds.isEmpty)
        #expect(end.actions.last?.word == "forgetCluster")
    }

    @Test(
        "a Kamailio of others that deals by other sets than the manifest names is told, and one that says nothing is not"
    )
    func sets() {
        let spec = plain.with {
            $0.kamailio.external = ["k"]
            $0.kamailio.sets = ["k": DispatcherSets(stable: 11, canary: 12, draw: 19, rules: 18)]
        }
        var world = World.standing(spec)
        world.registry.dispatchers["k"] = DispatcherRecord(revision: 1, kamailio: "5.6.3", route: 1)
        #expect(world.lines(spec).isEmpty)
        world.registry.dispatchers["k"]?.sets = DispatcherSets()
        #expect(
            world.step(spec).holds.map(\.because).first?.hasPrefix(
                "it deals by the sets 1,2,9,8, and the manifest names 11,12,19,18") == true)
        world.registry.dispatchers["k"]?.sets = spec.kamailio.sets["k"]
        #expect(world.lines(spec).isEmpty)
    }
}
