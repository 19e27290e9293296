import ClusterModel
import Testing

@testable import Reconciler
@testable import dialtone

@Suite("How a reconciliation ended, shown")
struct OutcomeViewTests {
    private static let left = Step(
        actions: [Action(.createNode(Samples.node(2)), reason: "is in the manifest and not there")],
        waits: [
            Wait(
                .join(node: "a-node-1"), since: Samples.now.advanced(bySeconds: -30), limit: 300,
                assumes: "boots and joins")
        ],
        holds: [Hold("a-node-3", .drift, action: "change", because: "somebody paused it")])

    private static let other = Action(.placeInstance(Samples.instance(1)), reason: "is in the manifest and not there")

    private static let outcomes: [(name: String, outcome: Outcome)] = [
        ("converged", .converged), ("held", .held(left.holds)),
        (
            "failed",
            .failed([
                Failure(target: "a-node-1", attempts: 3, error: PortError(.refused, "volume a-node-1.qcow2: no space"))
            ])
        ),
        ("unreachable", .unreachable(["etcd: no endpoint answers"])), ("timedOut", .timedOut(left: left)),
        ("notLeader", .notLeader(LeaderRecord(name: "host-1", pid: 4711, since: Samples.now))),
        ("stopped", .stopped(left: left)), ("stopped at the end", .stopped(left: Step())),
    ]

    @Test("Every way to end, with nothing done and with some of what was seen to be left")
    func text() throws {
        let texts = Self.outcomes.flatMap { name, outcome in
            [[], [Self.other, Self.left.actions[0]]].map { done in
                "-- \(name), \(done.count) done\n"
                    + OutcomeText(outcome: outcome, done: done, seconds: 61, now: Samples.now).text
            }
        }
        try Golden.expect(texts.joined(separator: "\n"), is: "outcomes.txt")
    }

    @Test("The JSON documents, field by field")
    func documents() throws {
        let documents = Self.outcomes.map { _, outcome in
            OutcomeDocument(
                outcome, cluster: "a",
                done: [Self.other],
                startedAt: Samples.now, endedAt: Samples.now.advanced(bySeconds: 61))
        }
        try Golden.expect(JSONText.of(documents), is: "outcomes.json")
    }

    @Test("Without a step, it ends at once: unreachable before held, held before converged")
    func withoutSteps() {
        var plan = Samples.plan
        plan.steps = []
        #expect(dialtone.ExitStatus(Reconciliation.outcome(without: plan)) == .unreachable)
        plan.unknowns = []
        #expect(dialtone.ExitStatus(Reconciliation.outcome(without: plan)) == .held)
        plan.holds = []
        #expect(dialtone.ExitStatus(Reconciliation.outcome(without: plan)) == .done)
    }
}
