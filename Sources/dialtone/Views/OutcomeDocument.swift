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
    var left: StepDocument

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
        left = StepDocument(outcome.without(done).left, at: endedAt)
        switch outcome {
        case .converged:
            self.outcome = "converged"
        case .held:
            self.outcome = "held"
        case .failed(let failures):
            self.outcome = "failed"
            failed = failures.map {
                FailureDocument(
                    target: $0.target, attempts: $0.attempts, kind: $0.error.kind.rawValue, message: $0.error.message)
            }
        case .unreachable(let reasons):
            self.outcome = "unreachable"
            unreachable = reasons
        case .timedOut:
            self.outcome = "timedOut"
        case .notLeader(let record):
            self.outcome = "notLeader"
            leader = record.map(StatusDocument.Leader.init)
        case .stopped:
            self.outcome = "stopped"
        }
    }
}

extension Outcome {
    /// What was left, as far as it is known.
    fileprivate var left: Step {
        switch self {
        case .held(let holds): Step(holds: holds)
        case .timedOut(let step), .stopped(let step): step
        case .converged, .failed, .unreachable, .notLeader: Step()
        }
    }
}
