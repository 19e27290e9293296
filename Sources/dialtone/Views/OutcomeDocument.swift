import ClusterModel
import Reconciler

/// `apply -o json` and `destroy -o json`; every field is documented in `docs/plan-json.md`.
struct OutcomeDocument: Encodable {
    let apiVersion = "dialtone/v1"
    let kind = "Outcome"
    var cluster: String
    var outcome: String
    var exitStatus: Int32
    var startedAt: String
    var endedAt: String
    var done: [ActionDocument]
    var failed: [FailureDocument] = []
    var unreachable: [String] = []
    var leader: StatusDocument.Leader?
    var left = StepDocument(Step())

    struct FailureDocument: Encodable {
        var target: String
        var attempts: Int
        var kind: String
        var message: String
    }

    init(_ outcome: Outcome, cluster: String, done: [Action], startedAt: Instant, endedAt: Instant) {
        self.cluster = cluster
        self.startedAt = startedAt.text
        self.endedAt = endedAt.text
        self.done = done.map { ActionDocument($0) }
        exitStatus = ExitStatus(outcome).rawValue
        switch outcome {
        case .converged:
            self.outcome = "converged"
        case .held(let holds):
            self.outcome = "held"
            left = StepDocument(Step(holds: holds))
        case .failed(let failures):
            self.outcome = "failed"
            failed = failures.map {
                FailureDocument(
                    target: $0.target, attempts: $0.attempts, kind: $0.error.kind.rawValue, message: $0.error.message)
            }
        case .unreachable(let reasons):
            self.outcome = "unreachable"
            unreachable = reasons
        case .timedOut(let step):
            self.outcome = "timedOut"
            left = StepDocument(step)
        case .notLeader(let record):
            self.outcome = "notLeader"
            leader = record.map(StatusDocument.Leader.init)
        case .stopped(let step):
            self.outcome = "stopped"
            left = StepDocument(step)
        }
    }
}
