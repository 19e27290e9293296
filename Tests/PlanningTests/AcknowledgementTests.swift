import ClusterModel
import Planning
import Testing

/// The shares are in force when every expected dispatcher says so.
@Suite struct AcknowledgementTests {
    private static let spec = ClusterSpec.sample(nodes: 3, replicas: 2, canary: 1).with {
        $0.kamailio = KamailioSpec(external: ["k1", "k2"])
    }

    /// Everything up, with shares of revision 1 that were written just now.
    private func world(_ spec: ClusterSpec = spec, acknowledged: [String: Int] = [:]) -> World {
        var world = World.standing(spec)
        let now = world.now
        world.registry.shares?.writtenAt = now
        for (name, revision) in acknowledged {
            world.registry.dispatchers[name] = DispatcherRecord(revision: revision, kamailio: "5.6.3", route: 1)
        }
        return world
    }

    @Test("every dispatcher that has not acknowledged the revision is waited for, by its name")
    func waits() {
        #expect(world().lines(Self.spec) == ["wait acknowledgement k1", "wait acknowledgement k2"])
        #expect(world(acknowledged: ["k1": 1]).lines(Self.spec) == ["wait acknowledgement k2"])
        #expect(world(acknowledged: ["k1": 1, "k2": 2]).lines(Self.spec) == ["wait acknowledgement k2"])
        #expect(world(acknowledged: ["k1": 1, "k2": 1]).lines(Self.spec).isEmpty)
    }

    @Test("with no dispatcher expected a revision is in force when it is written")
    func none() {
        let spec = Self.spec.with { $0.kamailio = KamailioSpec() }
        #expect(world(spec).lines(spec).isEmpty)
    }

    @Test("one that is late is a hold that names it, and says what to look at")
    func overdue() {
        var world = world(acknowledged: ["k1": 1])
        world.now = world.now.advanced(bySeconds: 60)
        let step = world.step(Self.spec)
        #expect(step.lines == ["held(overdue) wait for dispatcher k2"])
        #expect(step.holds.first?.because.contains("does not report") == true)
    }

    @Test("an instance that was taken out is not touched before every dispatcher has that in force")
    func drains() {
        let wanted = Self.spec.with { $0.asterisk.workload.image = "asterisk:21" }
        var world = world(acknowledged: ["k1": 1, "k2": 1])
        #expect(world.lines(wanted) == ["writeShares shares"])
        world.share("a-asterisk-1", .draining)
        world.registry.shares?.revision = 2
        let now = world.now
        world.registry.shares?.writtenAt = now
        #expect(
            world.lines(wanted) == ["wait acknowledgement k1", "wait acknowledgement k2"],
            "not replaced, though it has no call")
        world.registry.dispatchers["k1"]?.revision = 2
        #expect(world.lines(wanted) == ["wait acknowledgement k2"])
        world.registry.dispatchers["k2"]?.revision = 2
        #expect(
            world.lines(wanted) == ["wait drain a-asterisk-1"],
            "its calls were counted before the last dispatcher had it out, and some may have come since")
        world.registry.countAnew()
        #expect(world.lines(wanted) == ["replaceInstance a-asterisk-1"])
        world.registry.dispatchers["k2"] = nil
        world.now = world.now.advanced(bySeconds: 61)
        let step = world.step(wanted)
        #expect(step.actions.isEmpty)
        #expect(
            step.holds.contains { $0.target == "a-asterisk-1" && $0.because.contains("dispatcher k2 does not report") })
    }

    @Test("a script without our routes is told of where there is a canary, and only there")
    func foreign() {
        var world = world(acknowledged: ["k1": 1, "k2": 1])
        world.registry.dispatchers["k2"]?.route = nil
        #expect(world.lines(Self.spec) == ["held(environment) split the calls of dispatcher k2"])
        let plain = ClusterSpec.sample().with { $0.kamailio = KamailioSpec(external: ["k2"]) }
        var other = self.world(plain, acknowledged: ["k2": 1])
        other.registry.dispatchers["k2"]?.route = nil
        #expect(other.lines(plain).isEmpty)
    }

    @Test("emergency numbers and rules are part of the shares, and a change of them is a revision of its own")
    func rules() {
        let wanted = Self.spec.with {
            $0.emergencyNumbers = ["112"]
            $0.canary?.match = [MatchRule(to: .canary, called: "49", header: "X-Beta")]
        }
        let action = world(acknowledged: ["k1": 1, "k2": 1]).step(wanted).actions.first
        #expect(action?.reason == "the manifest asks for other rules")
        #expect(
            action?.changes == [
                Change(field: "emergencyNumbers", from: "none", to: "112", by: .manifest),
                Change(field: "match", from: "none", to: "called 49, has X-Beta: canary", by: .manifest),
            ])
    }

    @Test("a plan foresees acknowledgements, and says what they are counted on for and when a hung instance is found")
    func foreseen() {
        let wanted = Self.spec.with { $0.asterisk.workload.image = "asterisk:21" }
        var world = world(acknowledged: ["k1": 1, "k2": 1])
        world.registry.dispatchers["k1"]?.bound = 4
        let plan = world.plan(wanted, allowDestroy: 5)
        #expect(plan.holds.isEmpty)
        #expect(plan.count(.replace) == 2)
        #expect(plan.steps.contains { $0.waits.contains { $0.subject == .acknowledgement(dispatcher: "k2") } })
        #expect(plan.assumptions.contains("every dispatcher has a new revision of the shares in force in time"))
        #expect(plan.assumptions.contains("an instance that hangs gets no new calls from k1 after 4 s"))
        #expect(!plan.assumptions.contains { $0.contains("no dispatcher") })
    }
}
