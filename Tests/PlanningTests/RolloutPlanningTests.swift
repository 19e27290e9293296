import ClusterModel
import Planning
import Testing

/// A canary that comes by steps.
@Suite struct RolloutPlanningTests {
    static let steps = [
        RolloutStep(weight: 5, pause: 60, calls: 20), RolloutStep(weight: 25, pause: 120, calls: 50),
    ]
    static let older = WorkloadVersion(image: "asterisk:20", env: [:])
    static let newer = WorkloadVersion(image: "asterisk:22", env: [:])
    let spec = ClusterSpec.sample(nodes: 3, replicas: 2, canary: 1).with { $0.canary?.steps = steps }

    /// A cluster that stands, with a canary at a step whose share is in force, and counters of one dispatcher.
    func standing(_ change: (inout RolloutRecord) -> Void = { _ in }) -> World {
        var world = World.standing(spec)
        var record = RolloutRecord(
            Self.newer, since: world.now, readAt: world.now,
            read: ["k": .init(startedAt: .start, stable: TrackTally(), canary: TrackTally())])
        change(&record)
        world.registry.rollout = record
        world.registry.traffic["k"] = TrafficRecord(startedAt: .start, instances: [:])
        let weight = record.state == .aborted ? 0 : Self.steps[record.step].weight
        world.registry.shares?.draw = Shares.Draw(stable: 100 - weight, canary: weight)
        return world
    }

    func see(_ world: inout World, _ instance: String, _ counters: [String: Int], after seconds: Int) {
        world.now = world.now.advanced(bySeconds: seconds)
        world.registry.traffic["k"]?.instances[instance] = CallCounters(counters: counters)
    }

    func written(_ world: World, _ spec: ClusterSpec? = nil) -> RolloutRecord? {
        for case .writeRollout(let record, _) in world.actions(spec ?? self.spec).map(\.kind) { return record }
        return nil
    }

    func draw(_ world: World) -> Int? {
        for case .writeShares(let shares) in world.actions(spec).map(\.kind) { return shares.draw.canary }
        return nil
    }

    @Test("no call is dealt to a canary before its rollout is on record")
    func begins() {
        var world = World.standing(spec)
        world.registry.shares?.draw = Shares.Draw(stable: 100, canary: 0)
        let record = written(world)
        #expect(record?.state == .running && record?.step == 0 && record?.since == nil)
        #expect(draw(world) == nil)
        world.registry.rollout = record
        #expect(draw(world) == 5)
    }

    @Test("a step begins when its share is in force")
    func inForce() {
        var world = standing { $0.since = nil }
        #expect(written(world)?.since == world.now)
        world.registry.shares?.draw = Shares.Draw(stable: 100, canary: 0)
        #expect(written(world) == nil)
    }

    @Test("it passes after its time with its calls, and the next one gets its share")
    func passes() {
        var world = standing()
        see(&world, "a-asterisk-3", ["answered": 25, "challenged": 7], after: 30)
        #expect(written(world)?.counted[.canary]?.unanswered == Tally(calls: 25, wrong: 0))
        #expect(written(world)?.step == 0, "its time is not over")
        see(&world, "a-asterisk-3", ["answered": 25], after: 30)
        let record = written(world)
        #expect(record?.step == 1 && record?.since == nil && record?.state == .running)
        #expect(record?.verdicts.map(\.weight) == [5])
        world.registry.rollout = record
        #expect(draw(world) == 25)
    }

    @Test("P24: without enough calls it neither passes nor fails, and says so")
    func notEnough() {
        var world = standing()
        see(&world, "a-asterisk-3", ["answered": 3], after: 10)
        world.registry.rollout = written(world)
        world.now = world.now.advanced(bySeconds: 3600)
        let step = world.step(spec)
        #expect(step.actions.isEmpty && step.holds.isEmpty)
        #expect(
            step.waits.map(\.assumes) == [
                "5 % of the calls go no worse: 20 calls of the canary have ended, 3 so far, which is not enough"
            ])
    }

    @Test(
        "one that fails its calls goes back by itself, also while it is paused by hand",
        arguments: [
            RolloutRecord.State.running, .paused,
        ])
    func aborts(_ state: RolloutRecord.State) {
        var world = standing { $0.state = state }
        see(&world, "a-asterisk-1", ["answered": 400, "busy": 40, "error": 2], after: 0)
        see(&world, "a-asterisk-3", ["answered": 5, "error": 15], after: 10)
        let record = written(world)
        #expect(record?.state == .aborted)
        #expect(record?.reason?.contains("15 of 20 of its calls were not answered, and 42 of 442") == true)
        world.registry.rollout = record
        #expect(draw(world) == 0)
        world.registry.shares?.draw = Shares.Draw(stable: 100, canary: 0)
        #expect(world.lines(spec) == ["held(rollout) deal calls to canary"], "it stays as it is, and is looked at")
    }

    @Test("answered calls that it drops count as well")
    func drops() {
        var world = standing()
        see(&world, "a-asterisk-1", ["answered": 400, "hangup": 390, "ended": 10], after: 0)
        see(&world, "a-asterisk-3", ["answered": 30, "hangup": 10, "lost": 20], after: 10)
        #expect(written(world)?.reason?.contains("20 of 30 of its calls were not ended by their caller") == true)
    }

    @Test("a Kamailio that starts anew counts from 0, and nothing is counted twice")
    func restarted() {
        var world = standing()
        see(&world, "a-asterisk-3", ["answered": 8], after: 10)
        world.registry.rollout = written(world)
        let restart = world.now
        world.registry.traffic["k"]?.startedAt = restart
        see(&world, "a-asterisk-3", ["answered": 3], after: 10)
        #expect(written(world)?.counted[.canary]?.unanswered.calls == 11)
    }

    private func ordered(_ order: CanaryOrder, _ state: RolloutRecord.State) -> (World, RolloutRecord?) {
        var world = standing { $0.state = state }
        world.registry.canaryOrders[order] = PersonalOrder(by: "me@here", note: "why", at: world.now)
        return (world, written(world))
    }

    @Test(
        "what people order is done, and the order goes away with it",
        arguments: [
            (.pause, .running, .paused), (.resume, .paused, .running), (.abort, .running, .aborted),
            (.promote, .passed, .promoting), (.promote, .running, .promoting), (.retry, .aborted, .running),
            (.retry, .running, .running), (.promote, .aborted, .aborted),
        ] as [(CanaryOrder, RolloutRecord.State, RolloutRecord.State)])
    func orders(_ order: CanaryOrder, _ before: RolloutRecord.State, _ after: RolloutRecord.State) {
        let (world, record) = ordered(order, before)
        #expect(record?.state == after)
        for case .writeRollout(_, let obeys) in world.actions(spec).map(\.kind) { #expect(obeys == [order]) }
    }

    @Test(
        "a promotion rolls the image to every stable replica, and the manifest is asked to follow, never the other way")
    func promotes() {
        let world = ordered(.promote, .passed)
        var promoted = world.0
        promoted.registry.canaryOrders = [:]
        promoted.registry.rollout = world.1
        promoted.registry.shares?.draw = Shares.Draw(stable: 75, canary: 25)
        let plan = promoted.plan(spec)
        #expect(
            plan.actions.map(\.line).filter { $0.hasPrefix("replace") } == [
                "replaceInstance a-asterisk-1", "replaceInstance a-asterisk-2",
            ])
        #expect(plan.holds.map(\.line) == ["held(rollout) go on from canary"])
        // Somebody reads it, and writes the image where it belongs.
        var followed = spec
        followed.asterisk.workload.image = "asterisk:22"
        #expect(promoted.plan(followed).holds.isEmpty)
    }

    @Test("whatever becomes of the canary in the manifest, a promotion is never rolled back by itself")
    func staysPromoted() {
        var world = standing {
            $0.state = .promoting
            $0.promoted = .init(Self.newer, replaces: Self.older)
        }
        var next = spec
        next.canary?.workload.image = "asterisk:23"
        var without = spec
        without.canary = nil
        for changed in [spec, next, without] {
            let plan = world.plan(changed)
            let replaced = plan.actions.compactMap { action -> String? in
                if case .replaceInstance(let instance) = action.kind {
                    "\(instance.track) \(instance.inputs.image)"
                } else {
                    nil
                }
            }
            #expect(!replaced.contains("stable asterisk:20") && replaced.contains("stable asterisk:22"))
            #expect(plan.holds.contains { $0.because.contains("asterisk:22 was promoted") })
        }
        // Somebody takes it back.
        world.registry.canaryOrders[.abort] = PersonalOrder(by: "me@here", note: "", at: world.now)
        #expect(written(world)?.promoted == nil && written(world)?.state == .aborted)
        for case .writeRollout(let record, _) in world.actions(without).map(\.kind) { #expect(record == nil) }
    }

    @Test(
        "a record that cannot be read is no record that is absent: nothing is rolled back or dealt otherwise on its account"
    )
    func unreadable() {
        var world = standing()
        world.registry.rollout = nil
        world.registry.malformed = ["/dialtone/a/rollout": "it is no JSON"]
        world.units.units["a-asterisk-1"]?.intact = false
        let step = world.step(spec)
        #expect(step.actions.isEmpty)
        #expect(step.holds.contains { $0.target == "shares" && $0.cause == .unknown })
    }

    @Test("while fleet cannot be read, no call is counted for anybody")
    func withoutFleet() {
        var world = standing()
        see(&world, "a-asterisk-3", ["answered": 50], after: 100)
        world.observed.units = .unknown(reason: "refused", last: nil)
        #expect(written(world) == nil)
    }

    @Test("taking a second promotion back brings back the first, and not what the manifest names")
    func undone() {
        var world = standing {
            $0.state = .promoting
            $0.promoted = .init(
                Self.newer, replaces: Self.older, before: WorkloadVersion(image: "asterisk:21", env: [:]))
        }
        world.registry.canaryOrders[.abort] = PersonalOrder(by: "me@here", note: "", at: world.now)
        #expect(
            written(world)?.promoted == .init(WorkloadVersion(image: "asterisk:21", env: [:]), replaces: Self.older))
        for case .replaceInstance(let instance) in world.plan(spec).actions.map(\.kind) where instance.track == .stable
        {
            #expect(instance.inputs.image == "asterisk:21")
        }
    }

    @Test("a canary of which no instance takes calls is said to be stuck")
    func stuck() {
        var world = standing { $0.since = nil }
        world.registry.drains["a-asterisk-3"] = PersonalOrder(by: "me@here", note: "", at: world.now)
        world.share("a-asterisk-3", .draining)
        #expect(world.lines(spec) == ["held(rollout) go on with canary"])
    }

    @Test("a plan of very many steps comes to its end")
    func manySteps() {
        var world = World.standing(spec)
        world.registry.traffic["k"] = TrafficRecord(startedAt: .start, instances: [:])
        let long = spec.with { $0.canary?.steps = (1...60).map { RolloutStep(weight: $0, pause: 10, calls: 1) } }
        #expect(world.plan(long).holds.map(\.line) == ["held(rollout) promote canary"])
    }

    @Test("a cluster that leaves needs no record of a canary")
    func leaves() {
        var world = standing()
        world.registry.rollout = nil
        world.registry.malformed = ["/dialtone/a/rollout": "it is no JSON"]
        #expect(world.step(spec.emptied(), allowDestroy: 10).actions.map(\.line) == ["writeShares shares"])
    }

    @Test("another image begins from the first step, whatever became of the one before")
    func anew() {
        let world = standing { ($0.state, $0.step) = (.aborted, 1) }
        var changed = spec
        changed.canary?.workload.image = "asterisk:23"
        let record = written(world, changed)
        #expect(record?.version.image == "asterisk:23" && record?.step == 0 && record?.state == .running)
    }

    @Test("without a canary, nothing is kept of one")
    func gone() {
        let world = standing()
        var changed = spec
        changed.canary = nil
        for case .writeRollout(let record, _) in world.actions(changed).map(\.kind) { #expect(record == nil) }
        #expect(world.actions(changed).contains { $0.word == "writeRollout" })
    }

    @Test("a plan shows the whole way, step by step, to where somebody has to say that it is good")
    func plan() {
        var world = World.standing(spec)
        world.registry.shares?.draw = Shares.Draw(stable: 100, canary: 0)
        world.registry.traffic["k"] = TrafficRecord(startedAt: .start, instances: [:])
        let plan = world.plan(spec)
        #expect(
            plan.actions.map(\.line) == [
                "writeRollout canary", "writeShares shares", "writeRollout canary", "writeRollout canary",
                "writeShares shares", "writeRollout canary", "writeRollout canary",
            ])
        #expect(plan.steps.flatMap(\.waits).map(\.limit) == [60, 120])
        #expect(plan.holds.map(\.line) == ["held(rollout) promote canary"])
    }

    @Test("P22: mid-canary a lost stable instance comes back with the stable image, and the step stays")
    func lost() {
        var world = standing()
        world.units.units["a-asterisk-1"] = nil
        world.units.units["a-announcer-1"] = nil
        world.lapse("a-asterisk-1")
        for case .placeInstance(let instance) in world.actions(spec).map(\.kind) {
            #expect(instance.inputs.image == "asterisk:20" && instance.track == .stable)
        }
        #expect(written(world) == nil || written(world)?.step == 0)
    }
}
