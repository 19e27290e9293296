import ClusterModel
import Planning
import Testing

/// Probe calls: what their results let planners do.
@Suite struct ProbePlanningTests {
    private let spec = ClusterSpec.sample(nodes: 3, replicas: 3).with {
        $0.asterisk.probe = ProbeSpec(extension: "9000")
    }

    private func states(_ world: World, _ spec: ClusterSpec) -> [String]? {
        for case .writeShares(let shares) in world.actions(spec).map(\.kind) {
            return shares.instances.map { "\($0.name) \($0.state.rawValue)" }
        }
        return nil
    }

    private func probe(_ world: inout World, _ instance: String, _ failure: String? = nil) {
        world.registry.instances[instance]?.probe = InstanceRecord.Probe(extension: "9000", failure: failure)
    }

    private func probed() -> World {
        var world = World.standing(spec)
        for name in world.registry.instances.keys { probe(&world, name) }
        return world
    }

    @Test("an instance gets its first caller when its probe call went well, and until then it is waited for")
    func first() {
        var world = World.standing(spec)
        world.registry.shares = nil
        probe(&world, "a-asterisk-1")
        world.registry.instances["a-asterisk-3"]?.probe = InstanceRecord.Probe(extension: "8000")
        #expect(states(world, spec) == ["a-asterisk-1 in"])
        world.now = .start
        let waits = world.step(spec).waits
        #expect(waits.map(\.target) == ["a-asterisk-2", "a-asterisk-3"], "one to another extension says nothing")
        #expect(waits.first?.assumes == "starts, registers and takes its probe call")
        probe(&world, "a-asterisk-2")
        probe(&world, "a-asterisk-3")
        #expect(states(world, spec) == ["a-asterisk-1 in", "a-asterisk-2 in", "a-asterisk-3 in"])
    }

    @Test("one whose probe call failed is held with what went wrong, and is dealt nothing")
    func failed() {
        var world = probed()
        world.registry.shares?.instances.removeAll { $0.name == "a-asterisk-2" }
        probe(&world, "a-asterisk-2", "INVITE was answered 404")
        let step = world.step(spec)
        #expect(step.lines == ["held(environment) deal calls to a-asterisk-2"])
        #expect(step.holds.first?.because == "probe call failed: INVITE was answered 404")
        #expect(world.plan(spec).holds.map(\.because) == ["probe call failed: INVITE was answered 404"])
    }

    @Test("a roll stops at the first instance whose probe call fails: it stays drained, and no other is touched")
    func rolls() {
        var world = probed()
        let next = spec.with { $0.asterisk.workload.image = "asterisk:21" }
        world.share("a-asterisk-1", .draining)
        for case .replaceInstance(let instance) in world.actions(next).map(\.kind) {
            world.lapse(instance.name)
            world.run(instance)
        }
        #expect(world.lines(next) == ["wait registration a-asterisk-1"], "its call has yet to be made")
        probe(&world, "a-asterisk-1", "INVITE was answered 404")
        #expect(
            world.lines(next) == [
                "held(environment) deal calls to a-asterisk-1", "held(capacity) replace a-asterisk-2",
                "held(capacity) replace a-asterisk-3",
            ])
        probe(&world, "a-asterisk-1")
        #expect(states(world, next)?.first == "a-asterisk-1 in")
    }

    @Test("what takes calls goes on taking them without a probe call and after one that failed, which is said")
    func standing() {
        var world = probed()
        probe(&world, "a-asterisk-1", "INVITE was answered 404")
        world.registry.instances["a-asterisk-2"]?.probe = nil
        let step = world.step(spec)
        #expect(step.lines == ["held(environment) deal calls to a-asterisk-1"])
        #expect(step.holds.first?.because.hasSuffix("it takes calls since before, and goes on") == true)
    }

    @Test("a standing cluster gets the probe by its announcers alone, one after the other")
    func added() {
        let before = ClusterSpec.sample(nodes: 3, replicas: 3)
        var world = World.standing(before)
        let step = world.step(spec)
        #expect(step.lines == ["placeAnnouncer a-announcer-1"])
        #expect(
            step.actions.first?.changes == [
                Change(field: "probe.extension", from: "none", to: "9000", by: .manifest)
            ])
        for case .placeAnnouncer(let instance) in step.actions.map(\.kind) {
            #expect(instance.announcing == AnnouncerInputs(probe: "9000"))
        }
        let plan = world.plan(spec)
        #expect(
            plan.actions.map(\.line) == [
                "placeAnnouncer a-announcer-1", "placeAnnouncer a-announcer-2", "placeAnnouncer a-announcer-3",
            ])
        #expect(plan.destroyed.isEmpty && plan.holds.isEmpty)
        world.now = world.now.advanced(bySeconds: 1)
        #expect(world.step(before).lines.isEmpty)
    }

    @Test("another place of discovery is told to the announcers, and touches no instance")
    func discovery() {
        let world = World.standing(.sample())
        let plan = world.plan(.sample().with { $0.discovery = [.dialtone, .dispatcher] })
        #expect(Set(plan.actions.map(\.word)) == ["placeAnnouncer"])
        #expect(plan.actions.count == 3)
        #expect(
            plan.actions.first?.changes == [
                Change(
                    field: "discovery", from: "dialtone", to: "dialtone, kamailio-etcd-dispatcher", by: .manifest)
            ])
    }
}
