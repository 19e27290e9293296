import ClusterModel
import Planning
import Testing

@Suite struct SharesPlanningTests {
    private func shares(_ world: World, _ spec: ClusterSpec) -> String? {
        for case .writeShares(let shares) in world.step(spec).actions.map(\.kind) {
            let members = shares.instances.map { "\($0.name)=\($0.address)/\($0.track.rawValue)/\($0.state.rawValue)" }
            return (["\(shares.revision): \(shares.draw.stable)/\(shares.draw.canary)"] + members)
                .joined(separator: " ")
        }
        return nil
    }

    @Test("nothing is written before somebody answers; then it comes in with the address that it registered")
    func first() {
        let spec = ClusterSpec.sample(nodes: 2, replicas: 1, canary: 1)
        var world = World.standing(spec)
        world.registry.shares = nil
        for name in ["a-asterisk-1", "a-asterisk-2"] { world.lapse(name) }
        #expect(shares(world, spec) == nil)
        world.register("a-asterisk-1")
        world.registry.instances["a-asterisk-1"]?.port = 5070
        #expect(shares(world, spec) == "1: 90/10 a-asterisk-1=10.0.0.11:5070/stable/in")
        world.register("a-asterisk-2")
        #expect(
            shares(world, spec)
                == "1: 90/10 a-asterisk-1=10.0.0.11:5070/stable/in a-asterisk-2=10.0.0.12:5060/canary/in")
    }

    @Test("another weight is another draw, and its change says so")
    func draw() {
        let spec = ClusterSpec.sample(nodes: 2, replicas: 1, canary: 1)
        let world = World.standing(spec)
        let step = world.step(spec.with { $0.canary?.weight = 25 })
        #expect(step.actions.first?.reason == "the manifest asks for another split")
        #expect(
            step.actions.first?.changes == [
                Change(
                    field: "draw", from: "stable 90 %, canary 10 %", to: "stable 75 %, canary 25 %", by: .manifest)
            ])
    }

    @Test("a lapsed key alone removes nobody; a unit that is gone does")
    func lapse() {
        let spec = ClusterSpec.sample()
        var world = World.standing(spec)
        world.lapse("a-asterisk-2")
        #expect(shares(world, spec) == nil)
        world.units.units["a-asterisk-2"] = nil
        #expect(
            shares(world, spec)
                == "2: 100/0 a-asterisk-1=10.0.0.11:5060/stable/in a-asterisk-3=10.0.0.13:5060/stable/in")
    }

    @Test("what was drained and is no longer to be touched comes back in")
    func back() {
        let spec = ClusterSpec.sample(nodes: 1, replicas: 1)
        var world = World.standing(spec)
        world.share("a-asterisk-1", .draining)
        #expect(shares(world, spec) == "2: 100/0 a-asterisk-1=10.0.0.11:5060/stable/in")
        world.lapse("a-asterisk-1")
        #expect(shares(world, spec) == nil, "it stays out until it answers")
    }

    @Test("an instance that drains keeps the time since which it does")
    func since() {
        let spec = ClusterSpec.sample(nodes: 2, replicas: 2)
        let wanted = spec.with { $0.asterisk.workload.image = "asterisk:21" }
        var world = World.standing(spec)
        world.share("a-asterisk-1", .draining)
        let began = world.now
        world.now = began.advanced(bySeconds: 60)
        world.calls(2, on: "a-asterisk-1")
        world.registry.shares?.draw = Shares.Draw(stable: 1, canary: 99)
        for case .writeShares(let shares) in world.step(wanted).actions.map(\.kind) {
            #expect(shares["a-asterisk-1"]?.drainingSince == began)
        }
        #expect(shares(world, wanted)?.contains("a-asterisk-1=10.0.0.11:5060/stable/draining") == true)
    }

    @Test("what does not fit its place in etcd is said")
    func malformed() {
        let spec = ClusterSpec.sample(nodes: 1, replicas: 1)
        var world = World.standing(spec)
        world.registry.malformed = ["/dialtone/a/calls/x": "it is no JSON"]
        #expect(world.lines(spec) == ["held(drift) read /dialtone/a/calls/x"])
    }
}
