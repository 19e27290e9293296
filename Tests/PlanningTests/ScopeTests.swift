import ClusterModel
import Planning
import Testing

/// A planner confined to what a saved plan touches.
@Suite struct ScopeTests {
    private let spec = ClusterSpec.sample(nodes: 2, replicas: 2)

    /// A new instance answers on a node that somebody changed meanwhile.
    private var world: World {
        var world = World.standing(spec)
        world.registry.shares?.instances.removeLast()
        world.hypervisor.domains["a-node-2"]?.hardware?.vcpus = 1
        return world
    }

    private func step(_ scope: Planner.Scope?) -> Step {
        Planner(desired: spec.expanded(), scope: scope).step(world.observed, now: world.now)
    }

    @Test("what the plan does not touch is neither drained nor kept from its calls")
    func outOfScope() throws {
        let step = step(Planner.Scope(targets: ["a-asterisk-2", "a-announcer-2"], destructible: []))
        #expect(step.lines == ["writeShares shares", "held(drift) restart a-node-2"])
        guard case .writeShares(let shares) = try #require(step.actions.first).kind else { return }
        #expect(shares.instances.map(\.name) == ["a-asterisk-1", "a-asterisk-2"])
        #expect(shares.instances.map(\.state) == [.in, .in])
    }

    @Test("without a saved plan, or in one that has the node, the node comes first")
    func inScope() {
        #expect(step(nil).lines == ["restartNode a-node-2"])
        #expect(step(Planner.Scope(targets: ["a-node-2"], destructible: [])).lines == ["restartNode a-node-2"])
    }

    @Test("what the plan does not destroy is not drained for that")
    func destruction() {
        var world = World.standing(spec)
        world.hypervisor.pool?.volumes.remove("a-node-2.qcow2")
        let scope = Planner.Scope(targets: ["a-node-2"], destructible: [])
        let step = Planner(desired: spec.expanded(), scope: scope).step(world.observed, now: world.now)
        #expect(step.lines == ["held(drift) replace a-node-2"])
    }
}
