import ClusterModel
import Planning
import Testing

/// Calls are let end before what carries them is touched (DESIGN, invariant 4).
@Suite struct DrainPlanningTests {
    private let spec = ClusterSpec.sample(nodes: 2, replicas: 2)

    /// A new image for a cluster whose first instance is drained and has calls.
    private func rolling(_ calls: Int, oldest: Int? = nil, spec: ClusterSpec? = nil) -> (World, ClusterSpec) {
        let spec = spec ?? self.spec
        var world = World.standing(spec)
        world.share("a-asterisk-1", .draining)
        world.calls(calls, on: "a-asterisk-1")
        if let oldest {
            let began = world.now.advanced(bySeconds: -oldest)
            world.registry.calls["a-asterisk-1"]?.oldest = began
        }
        return (world, spec.with { $0.asterisk.workload.image = "asterisk:21" })
    }

    @Test("the wait says how many calls there are and since when the oldest is up")
    func waits() {
        let (world, wanted) = rolling(3, oldest: 754)
        let calls = CallsRecord(calls: 3, oldest: world.now.advanced(bySeconds: -754))
        #expect(
            world.step(wanted).waits == [
                Wait(
                    .drain(instance: "a-asterisk-1"), since: world.now, limit: 3600, assumes: "its calls end",
                    calls: calls)
            ])
    }

    @Test("calls that do not end in time are held, with how many there are and the way to cut them")
    func late() {
        var (world, wanted) = rolling(2)
        world.now = world.now.advanced(bySeconds: 3600)
        let step = world.step(wanted)
        #expect(step.actions.isEmpty && step.waits.isEmpty)
        #expect(
            step.holds.filter { $0.cause == .calls }.map(\.because) == [
                """
                2 calls are still up on it 3600 s after it left the shares; it goes on when they have ended, or with \
                asterisk.drain.onTimeout: cut
                """
            ])
    }

    @Test("calls are cut only after their time, where the manifest says so, and the action says how many")
    func cut() {
        var (world, wanted) = rolling(2)
        wanted.asterisk.drain = DrainSpec(timeout: 60, onTimeout: .cut)
        #expect(world.lines(wanted) == ["wait drain a-asterisk-1"])
        world.now = world.now.advanced(bySeconds: 60)
        let actions = world.actions(wanted)
        #expect(actions.map(\.line) == ["replaceInstance a-asterisk-1"])
        #expect(actions.map(\.cuts) == [2])
    }

    @Test("unknown calls are never cut")
    func unknown() {
        var (world, wanted) = rolling(2)
        wanted.asterisk.drain = DrainSpec(timeout: 60, onTimeout: .cut)
        world.now = world.now.advanced(bySeconds: 7200)
        world.calls(nil, on: "a-asterisk-1")
        #expect(world.step(wanted).actions.isEmpty)
        #expect(world.lines(wanted).first == "held(calls) replace a-asterisk-1")
    }

    @Test("a plan lets the calls end, one instance after the other, those without calls first")
    func plan() {
        var world = World.standing(spec)
        world.calls(5, on: "a-asterisk-1")
        let plan = world.plan(spec.with { $0.asterisk.workload.image = "asterisk:21" })
        #expect(plan.holds.isEmpty)
        #expect(
            plan.actions.filter { $0.target != "shares" }.map(\.line) == [
                "replaceInstance a-asterisk-2", "replaceInstance a-asterisk-1",
            ])
        #expect(plan.assumptions.contains("calls end by themselves within asterisk.drain.timeout"))
        #expect(plan.actions.allSatisfy { $0.cuts == 0 })
    }

    @Test("of several that could be removed, none is while it has calls, and each leaves the shares at once")
    func leaving() {
        var world = World.standing(spec)
        world.calls(1, on: "a-asterisk-1")
        world.calls(1, on: "a-asterisk-2")
        #expect(world.step(spec.emptied(), allowDestroy: 4).actions.map(\.line) == ["writeShares shares"])
        world.share("a-asterisk-1", .draining)
        world.share("a-asterisk-2", .draining)
        #expect(
            world.step(spec.emptied(), allowDestroy: 4).lines == ["wait drain a-asterisk-1", "wait drain a-asterisk-2"])
    }

    private func ordered(_ targets: [String], _ world: World) -> World {
        var world = world
        for target in targets {
            world.registry.drains[target] = PersonalOrder(by: "me@here", note: "", at: world.now)
        }
        return world
    }

    private func states(_ world: World) -> [String] {
        for case .writeShares(let shares) in world.actions(spec).map(\.kind) {
            return shares.instances.map { "\($0.name) \($0.state.rawValue)" }
        }
        return []
    }

    @Test(
        "an order drains an instance, or all those of a node, until it is taken back",
        arguments: [
            "a-asterisk-1", "a-node-1",
        ])
    func order(_ target: String) {
        var world = ordered([target], World.standing(spec))
        #expect(states(world) == ["a-asterisk-1 draining", "a-asterisk-2 in"])
        world.share("a-asterisk-1", .draining)
        world.calls(3, on: "a-asterisk-1")
        #expect(world.lines(spec) == [], "nothing else follows from it")
        world.registry.drains = [:]
        #expect(states(world) == ["a-asterisk-1 in", "a-asterisk-2 in"])
    }

    @Test("the last stable instance keeps its calls, whoever orders what")
    func last() {
        let world = ordered(["a-asterisk-1", "a-node-2"], World.standing(spec))
        #expect(states(world) == ["a-asterisk-1 draining", "a-asterisk-2 in"])
        #expect(world.step(spec).holds.map(\.line) == ["held(capacity) drain a-node-2"])
    }

    @Test("an order for what is not there is said")
    func stray() {
        let world = ordered(["a-asterisk-9"], World.standing(spec))
        #expect(world.lines(spec) == ["held(environment) drain a-asterisk-9"])
    }

    @Test(
        "with the shares gone, dispatchers go on by their last list: what is registered is drained before it is touched"
    )
    func sharesGone() {
        let dealt = spec.with { $0.kamailio.external = ["k"] }
        var world = World.standing(dealt)
        world.registry.shares = nil
        world.registry.dispatchers["k"] = DispatcherRecord(revision: 7, kamailio: "5.6.3")
        let changed = dealt.with { $0.asterisk.workload.image = "asterisk:21" }
        let actions = world.actions(changed)
        #expect(actions.map(\.line) == ["writeShares shares"])
        for case .writeShares(let shares) in actions.map(\.kind) {
            #expect(shares.revision == 8, "an acknowledgement of before is none of this one")
            #expect(shares.instances.map(\.state) == [.draining, .in])
        }
    }
}
