import ClusterModel
import Planning
import Testing

// What tells one canary from another, and what is promoted of it.
extension RolloutPlanningTests {
    @Test("a canary with the image and the environment of all the others does not begin")
    func sameVersion() {
        var world = World.standing(spec)
        world.registry.shares?.draw = Shares.Draw(stable: 100, canary: 0)
        let same = spec.with { $0.asterisk.workload.image = "asterisk:22" }
        #expect(world.step(same).holds.map(\.line).contains("held(rollout) begin canary"))
        #expect(written(world, same) == nil)
        let other = same.with { $0.canary?.workload.env = ["CODECS": "opus"] }
        #expect(written(world, other)?.version == WorkloadVersion(image: "asterisk:22", env: ["CODECS": "opus"]))
    }

    private func stable(_ plan: Plan) -> [InstanceInputs] {
        plan.actions.compactMap { action in
            guard case .replaceInstance(let instance) = action.kind, instance.track == .stable else { return nil }
            return instance.inputs
        }
    }

    @Test("a canary's environment is promoted with its image, and the manifest is asked for both, part by part")
    func promotesEnv() {
        let both = spec.with {
            $0.asterisk.workload.env = ["A": "1", "B": "1", "OWN": "x"]
            $0.canary?.workload.env = ["A": "2", "C": "3", "OWN": "x"]
        }
        let older = WorkloadVersion(image: "asterisk:20", env: both.asterisk.workload.env)
        let newer = WorkloadVersion(image: "asterisk:22", env: both.canary?.workload.env)
        var world = World.standing(both)
        world.registry.rollout = RolloutRecord(newer, state: .passed, step: 1, readAt: world.now)
        world.registry.shares?.draw = Shares.Draw(stable: 75, canary: 25)
        world.registry.canaryOrders[.promote] = PersonalOrder(by: "me@here", note: "", at: world.now)
        #expect(written(world, both)?.promoted == .init(newer, replaces: older))
        #expect(
            stable(world.plan(both)).map { "\($0.image) \($0.env.sorted { $0.key < $1.key }.map { "\($0)=\($1)" })" }
                == Array(repeating: #"asterisk:22 ["A=2", "C=3", "OWN=x"]"#, count: 2))
        world.registry.rollout = written(world, both)
        world.registry.canaryOrders = [:]
        #expect(
            world.step(both).holds.map(\.because).contains {
                $0.contains("write asterisk:22 there with the canary's value of env A, B, C, or take it back")
            })
        // Somebody writes the image, and something else: the rest stays promoted.
        let halfway = both.with {
            $0.asterisk.workload.image = "asterisk:22"
            $0.asterisk.workload.env["OWN"] = "y"
            $0.canary?.workload.env["OWN"] = "y"
        }
        #expect(stable(world.plan(halfway)).first?.env == ["A": "2", "C": "3", "OWN": "y"])
        let alone = halfway.with { $0.canary = nil }
        #expect(
            world.step(alone).holds.first { $0.target == "canary" }?.because.contains(
                "the canary's value of env A, B, C")
                == true)
        let followed = alone.with { $0.asterisk.workload.env = ["A": "2", "C": "3", "OWN": "y"] }
        #expect(world.step(followed).holds.contains { $0.target == "canary" } == false)
        #expect(world.actions(followed).contains { $0.word == "writeRollout" }, "nothing is kept of it")
    }

    @Test(
        "a canary that differs in its environment alone comes by steps, is promoted, and is never rolled back by itself"
    )
    func envAlone() {
        let alone = spec.with {
            $0.asterisk.workload.image = "asterisk:22"
            $0.canary?.workload.env = ["A": "2"]
        }
        var world = World.standing(alone)
        let newer = WorkloadVersion(image: "asterisk:22", env: ["A": "2"])
        world.registry.rollout = RolloutRecord(
            newer, state: .promoting, step: 1, readAt: world.now,
            promoted: .init(newer, replaces: WorkloadVersion(image: "asterisk:22", env: [:])))
        for spec in [alone, alone.with { $0.canary = nil }] {
            #expect(stable(world.plan(spec)).map(\.env) == [["A": "2"], ["A": "2"]])
            #expect(
                world.step(spec).holds.contains {
                    $0.because.contains("write the canary's value of env A into asterisk.env")
                })
        }
    }

    @Test("another environment is another canary")
    func otherEnv() {
        let world = standing { ($0.state, $0.step) = (.aborted, 1) }
        let other = spec.with { $0.canary?.workload.env = ["A": "2"] }
        #expect(written(world, other)?.step == 0 && written(world, other)?.state == .running)
    }

    @Test("a record of an earlier version of Dialtone, which knows no environment, goes on for the canary that stands")
    func earlier() {
        let withEnv = spec.with { $0.canary?.workload.env = ["A": "2"] }
        var world = standing { ($0.state, $0.version.env) = (.running, nil) }
        see(&world, "a-asterisk-3", ["answered": 25], after: 60)
        let record = written(world, withEnv)
        #expect(record?.step == 1 && record?.version == WorkloadVersion(image: "asterisk:22", env: ["A": "2"]))
        world.registry.rollout = RolloutRecord(
            WorkloadVersion(image: "asterisk:22"), state: .promoting, step: 1, readAt: world.now,
            promoted: .init(WorkloadVersion(image: "asterisk:22"), replaces: WorkloadVersion(image: "asterisk:20")))
        #expect(stable(world.plan(withEnv)).map { "\($0.image) \($0.env)" } == ["asterisk:22 [:]", "asterisk:22 [:]"])
    }

    @Test("an order and what follows from it are one step: the share of what is taken back goes with its record")
    func oneStep() {
        var world = standing()
        world.registry.canaryOrders[.abort] = PersonalOrder(by: "me@here", note: "", at: world.now)
        #expect(Set(world.actions(spec).map(\.line)) == ["writeRollout canary", "writeShares shares"])
        #expect(draw(world) == 0)
        // A promotion that is taken back is not rolled on meanwhile.
        world = standing { ($0.state, $0.promoted) = (.promoting, .init(Self.newer, replaces: Self.older)) }
        world.registry.canaryOrders[.abort] = PersonalOrder(by: "me@here", note: "", at: world.now)
        #expect(stable(world.plan(spec)).isEmpty)
        // And one that is ordered begins to roll in the step that writes it down.
        world = standing { $0.state = .passed }
        world.registry.canaryOrders[.promote] = PersonalOrder(by: "me@here", note: "", at: world.now)
        for case .writeShares(let shares) in world.actions(spec).map(\.kind) {
            #expect(shares["a-asterisk-1"]?.state == .draining)
        }
        #expect(world.actions(spec).contains { $0.word == "writeRollout" } && world.actions(spec).count == 2)
    }
}
