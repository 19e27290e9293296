import ClusterModel
import Testing

@testable import Planning

/// Counters that lie (PAINS, P21): by whom a drain is ended, kept waiting or held, and that it names them.
@Suite struct CallJudgementTests {
    private static let now = Instant(seconds: 1_795_538_893)
    private static let moment = CallsRecord.Moment(shares: 7, dispatchers: ["k1": 7])

    private static func asterisk(
        _ calls: Int, by source: CallsRecord.Source? = .ari, after: CallsRecord.Moment? = moment
    ) -> CallsRecord {
        CallsRecord(calls: calls, oldest: nil, source: source, countedAfter: after)
    }

    private static func kamailio(_ count: Int, young: Int = 0) -> [String: DialogsRecord] {
        let dialogs = (0..<max(0, min(count, 3))).map {
            DialogsRecord.Dialog(callID: "c\($0)", since: now.advanced(bySeconds: -900), isSettled: $0 >= young)
        }
        return ["k1": DialogsRecord(count: count, dialogs: dialogs)]
    }

    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var calls: CallsRecord?
        var uncounted: String?
        var dialogs: [String: DialogsRecord] = [:]
        var expected: CallJudgement.Verdict
    }

    static let cases = [
        Case(
            testDescription: "both count none: they have ended", calls: asterisk(0), dialogs: kamailio(0),
            expected: .ended(ghosts: nil)),
        Case(testDescription: "no Kamailio tells anything", calls: asterisk(0), expected: .ended(ghosts: nil)),
        Case(
            testDescription: "both count two: nobody is doubted", calls: asterisk(2), dialogs: kamailio(2),
            expected: .up(2, by: nil)),
        Case(
            testDescription: "a Kamailio that was restarted counts from none: what Asterisk has is real",
            calls: asterisk(5), dialogs: kamailio(1), expected: .up(5, by: "ARI counts 5, k1 1")),
        Case(
            testDescription: "stuck at one in Kamailio: a ghost, once Asterisk answered without it",
            calls: asterisk(0), dialogs: kamailio(1),
            expected: .ended(
                ghosts: "ARI has none of the calls that Kamailio goes on counting since 2026-11-24T16:33:13.000Z: k1 1")
        ),
        Case(
            testDescription: "about 2^63 in Kamailio ends nothing and keeps nothing waiting", calls: asterisk(0),
            dialogs: kamailio(.max),
            expected: .ended(
                ghosts: """
                    ARI has none of the calls that Kamailio goes on counting since 2026-11-24T16:33:13.000Z: \
                    k1 9223372036854775807
                    """)),
        Case(
            testDescription: "about 2^63 in Kamailio with calls up", calls: asterisk(2), dialogs: kamailio(.max),
            expected: .up(2, by: "ARI counts 2, k1 9223372036854775807")),
        Case(
            testDescription: "minus one in Kamailio is none", calls: asterisk(0), dialogs: kamailio(-1),
            expected: .ended(ghosts: nil)),
        Case(
            testDescription: "a call that has only just begun may not have reached Asterisk when that was asked",
            calls: asterisk(0), dialogs: kamailio(2, young: 1),
            expected: .unsettled("ARI counts none, and a call that k1 knows of has only just begun")),
        Case(
            testDescription: "none, by a count from before the shares held it off",
            calls: asterisk(0, after: .init(shares: 6, dispatchers: ["k1": 6])),
            expected: .unsettled("ARI is asked again, now that no new call is dealt to it")),
        Case(
            testDescription: "none, by a count from before the dispatcher had that in force",
            calls: asterisk(0, by: .ami, after: .init(shares: 7, dispatchers: ["k1": 6])),
            expected: .unsettled("AMI is asked again, now that no new call is dealt to it")),
        Case(
            testDescription: "none, by a count that does not say when", calls: asterisk(0, by: nil, after: nil),
            expected: .unsettled("Asterisk is asked again, now that no new call is dealt to it")),
        Case(
            testDescription: "some are up, whenever it was counted", calls: asterisk(3, after: nil),
            expected: .up(3, by: nil)),
        Case(
            testDescription: "neither ARI nor AMI answers: Kamailio alone is not believed", uncounted: "ARI: silence",
            dialogs: kamailio(0), expected: .unknown("ARI: silence")),
        Case(
            testDescription: "neither answers, and Kamailio has some", uncounted: "ARI: silence",
            dialogs: kamailio(2), expected: .unknown("ARI: silence; Kamailio alone counts: k1 2")),
    ]

    @Test(
        "Counts that disagree are judged by the rules of DESIGN section 7, and told by their source", arguments: cases)
    func judged(_ some: Case) {
        let judgement = CallJudgement(
            calls: some.calls, uncounted: some.uncounted, after: Self.moment, dialogs: some.dialogs)
        #expect(judgement.verdict == some.expected)
    }

    private static let spec = ClusterSpec.sample(nodes: 2, replicas: 2).with { $0.kamailio.external = ["k1"] }
    private static let wanted = spec.with { $0.asterisk.workload.image = "asterisk:21" }

    /// The first instance is out, everywhere.
    private func world() -> World {
        var world = World.standing(Self.spec)
        world.registry.dispatchers["k1"] = DispatcherRecord(revision: 1, kamailio: "5.6.3", route: 1)
        world.share("a-asterisk-1", .draining)
        world.registry.traffic["k1"] = TrafficRecord(startedAt: .start, instances: [:])
        return world
    }

    @Test("P21: a dialog that only Kamailio knows keeps nothing waiting, and the action's reason names it")
    func ghost() {
        var world = world()
        world.registry.traffic["k1"]?.dialogs["a-asterisk-1"] = Self.kamailio(1)["k1"]
        let action = world.actions(Self.wanted).first
        #expect(action?.line == "replaceInstance a-asterisk-1")
        #expect(
            action?.reason == """
                the manifest changed; Asterisk has none of the calls that Kamailio goes on counting since \
                2026-11-24T16:33:13.000Z: k1 1
                """)
    }

    @Test("P21: an instance whose announcer cannot count is waited for, then held with what was asked, and never cut")
    func uncounted() {
        var world = world()
        world.registry.calls["a-asterisk-1"] = nil
        world.registry.uncounted["a-asterisk-1"] = "ARI: no answer; AMI: no answer"
        let cutting = Self.wanted.with { $0.asterisk.drain = DrainSpec(timeout: 60, onTimeout: .cut) }
        let step = world.step(cutting)
        #expect(step.lines == ["wait drain a-asterisk-1"])
        #expect(step.waits.first?.assumes == "its calls end, and are told (ARI: no answer; AMI: no answer)")
        world.now = world.now.advanced(bySeconds: 60)
        let late = world.step(cutting)
        #expect(late.actions.isEmpty)
        #expect(
            late.holds.filter { $0.cause == .calls }.map(\.because) == [
                "its calls are unknown 60 s after it left the shares: ARI: no answer; AMI: no answer"
            ])
        world.registry.uncounted = [:]
        world.calls(0, on: "a-asterisk-1")
        #expect(world.lines(cutting) == ["replaceInstance a-asterisk-1"], "and goes on as soon as it is told")
    }

    @Test("P21: a plan does not wait for what is not counted anew yet for longer than for calls")
    func plan() {
        var world = world()
        world.registry.calls["a-asterisk-1"]?.countedAfter = nil
        #expect(world.lines(Self.wanted) == ["wait drain a-asterisk-1"])
        let plan = world.plan(Self.wanted)
        #expect(plan.holds.isEmpty)
        #expect(plan.actions.contains { $0.line == "replaceInstance a-asterisk-1" })
    }
}
