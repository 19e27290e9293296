import ClusterModel
import Planning
import Testing

@Suite struct BlastRadiusTests {
    static let four = ClusterSpec.sample(nodes: 4, replicas: 4)
    static let other = four.with { $0.asterisk.workload.image = "asterisk:21" }

    @Test("more than maxDestroy over the whole plan: none is done, none is drained, and the number is asked for")
    func held() {
        let world = World.standing(Self.four)
        let step = world.step(Self.other)
        #expect(step.lines == (1...4).map { "held(blastRadius) replace a-asterisk-\($0)" })
        #expect(
            step.holds.first?.because
                == "4 nodes and instances would be destroyed or replaced, and safety.maxDestroy is 3; if that is right, --allow-destroy 4"
        )
        #expect(world.plan(Self.other).actions == [])
        #expect(world.plan(Self.other, allowDestroy: 4).destroyed.count == 4)
    }

    @Test("the last hour counts too, what is older does not")
    func lastHour() {
        let wanted = ClusterSpec.sample(nodes: 4, replicas: 4).with { $0.asterisk.replicas = 2 }
        var world = World.standing(Self.four)
        #expect(world.lines(wanted) == ["writeShares shares"])
        world.registry.destructions = [
            "a-node-9": world.now.advanced(bySeconds: -3599), "a-node-8": world.now.advanced(bySeconds: -60),
        ]
        let step = world.step(wanted)
        #expect(step.lines == ["held(blastRadius) remove a-asterisk-3", "held(blastRadius) remove a-asterisk-4"])
        #expect(
            step.holds.first?.because.hasPrefix(
                "4 nodes and instances would be destroyed or replaced (2 of them in the last hour)") == true)
        world.now = world.now.advanced(bySeconds: 2)
        #expect(world.lines(wanted) == ["writeShares shares"])
    }

    @Test("one that failed and is tried again counts once")
    func retried() {
        let wanted = ClusterSpec.sample(nodes: 4, replicas: 4).with { $0.asterisk.replicas = 1 }
        var world = World.standing(Self.four)
        world.registry.destructions = ["a-asterisk-4": world.now]
        #expect(world.lines(wanted) == ["writeShares shares"])
    }

    @Test("an instance that only moves counts as well")
    func moves() {
        let spec = ClusterSpec.sample(nodes: 4, replicas: 4, perNode: 2, maxDestroy: 3)
        let wanted = spec.with { $0.nodes.count = 2 }
        var world = World.standing(spec)
        for n in 3...4 { world.share("a-asterisk-\(n)", .draining) }
        #expect(
            world.lines(wanted) == [
                "writeShares shares", "held(blastRadius) destroy a-node-3", "held(blastRadius) destroy a-node-4",
                "held(blastRadius) move a-asterisk-3", "held(blastRadius) move a-asterisk-4",
            ])
        #expect(world.lines(wanted, allowDestroy: 4) == ["removeInstance a-asterisk-3", "writeShares shares"])
    }

    @Test("what is no destruction goes on while destructions are held")
    func othersGoOn() {
        var world = World.standing(Self.four)
        world.stop("a-node-1")
        #expect(world.lines(Self.other).first == "startNode a-node-1")
    }
}
