import ClusterModel
import Reconciler
import Testing

@testable import dialtone

@Suite("Text from outside, printed")
struct HostileTextTests {
    @Test(
        "What a terminal would obey is written out",
        arguments: [
            ("plain ünï 漢字 🎺", "plain ünï 漢字 🎺"),
            ("a\u{1b}[2Jb", #"a\u{1b}[2Jb"#),
            ("a\u{9b}2Jb", #"a\u{9b}2Jb"#),
            ("a\nb\tc\rd\u{0}", #"a\nb\tc\rd\u{0}"#),
            ("\u{7f}\u{2028}\u{202e}txt\u{2066}", #"\u{7f}\u{2028}\u{202e}txt\u{2066}"#),
            ("a\r\nb", #"a\r\nb"#),
        ])
    func escape(text: String, shown: String) {
        #expect(text.printable == shown)
        #expect(text.printable.printable == shown)
    }

    private static let hostile = "x\u{1b}]0;owned\u{7}\u{9b}31m\n- node b-node-1: destroyed\u{202e}"

    private static var plan: Plan {
        var node = Samples.node(1, uploads: true)
        node.name = hostile
        node.hypervisor = hostile
        node.mark.inputs.image = hostile
        node.upload?.path = hostile
        var instance = Samples.instance(1, image: hostile)
        instance.name = hostile
        instance.inputs.node = hostile
        var removed = Samples.reference(2)
        removed.owns.overlay = hostile
        return Plan(
            cluster: hostile, createdAt: Samples.now,
            steps: [
                .init(
                    atMost: 0,
                    actions: [
                        Action(
                            .createNode(node), reason: hostile,
                            changes: [Change(field: hostile, from: hostile, to: hostile, by: .others)]),
                        Action(.destroyNode(removed), reason: hostile),
                        Action(.placeInstance(instance), reason: hostile),
                        Action(.removeInstance(name: hostile, node: hostile), reason: hostile),
                        Action(.forgetCluster(name: hostile), reason: hostile),
                    ],
                    waits: [Wait(.lapse(key: hostile), since: nil, limit: 1, assumes: hostile)])
            ],
            holds: [Hold(hostile, .drift, action: hostile, because: hostile, location: hostile)],
            unknowns: [.init(source: hostile, reason: hostile, lastKnown: nil)], assumptions: [hostile])
    }

    @Test("A plan made of hostile strings has no character that a terminal obeys, and no line of their making")
    func planText() {
        let text = PlanText(plan: Self.plan).text
        #expect(!text.unicodeScalars.contains { $0 != "\n" && $0.obeysNoReader })
        #expect(!text.split(separator: "\n").contains { $0.hasPrefix("- node b-node-1") })
    }

    @Test("Nor has its JSON document, on several lines or on one")
    func document() {
        for lines in [true, false] {
            let text = JSONText.of(PlanDocument(Self.plan), lines: lines)
            #expect(!text.unicodeScalars.contains { $0 != "\n" && $0.obeysNoReader })
        }
    }

    @Test("Nor have progress, its live lines, and the summary")
    func progress() {
        let plan = Self.plan
        var model = ProgressModel(isLive: true, isContinuous: true)
        let step = Step(actions: plan.actions, waits: plan.steps[0].waits, holds: plan.holds)
        let unknown = Observed(
            hypervisors: [:], registry: .unknown(reason: Self.hostile, last: nil),
            units: .unknown(reason: Self.hostile, last: nil))
        var lines = model.handle(.looked(step, unknown), at: Samples.now)
        lines += model.live(at: Samples.now)
        for action in plan.actions { lines += model.handle(.began(action), at: Samples.now) }
        lines += model.live(at: Samples.now)
        for action in plan.actions {
            lines += model.handle(.finished(action, .init(.refused, Self.hostile)), at: Samples.now)
        }
        lines += model.handle(
            .standingBy(LeaderRecord(name: Self.hostile, pid: 1, since: Samples.now)), at: Samples.now)
        #expect(lines.count >= 15)
        #expect(!lines.contains { $0.unicodeScalars.contains(where: \.obeysNoReader) })
        let summary = OutcomeText(outcome: .stopped(left: step), done: [], seconds: 0, now: Samples.now).text
        #expect(!summary.unicodeScalars.contains { $0 != "\n" && $0.obeysNoReader })
    }
}
