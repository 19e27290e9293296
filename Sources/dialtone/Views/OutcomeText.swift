import ClusterModel
import Reconciler

/// How a reconciliation ended, for people.
struct OutcomeText {
    var outcome: Outcome
    /// Actions that were carried out.
    var done: Int
    var seconds: Int
    var now: Instant
    var style = Style.plain

    var text: String { lines.map { $0 + "\n" }.joined() }

    private var count: String { "\(done) action\(done == 1 ? "" : "s") done in \(seconds) s" }

    private var lines: [String] {
        switch outcome {
        case .converged:
            [style.bold(done == 0 ? "Nothing to do." : "Converged: \(count).")]
        case .held(let holds):
            [style.bold("Held: \(count); what is left needs a flag, an approval, or a look.")]
                + step(Step(holds: holds))
        case .failed(let failures):
            [style.bold("Failed: \(count).")]
                + failures.map {
                    "\($0.target) failed \($0.attempts) time\($0.attempts == 1 ? "" : "s"): \($0.error.message)"
                        .printable
                }
        case .unreachable(let reasons):
            [style.bold("A system cannot be reached: \(count).")] + reasons.map(\.printable)
        case .timedOut(let left):
            [style.bold("Not converged in time: \(count). Left:")] + step(left)
        case .notLeader(let record):
            [
                style.bold(
                    "Another controller leads: \(record?.text ?? "it left just now"). \(done == 0 ? "Nothing was done" : count)."
                )
            ]
        case .stopped(let left):
            left.isConverged && left.holds.isEmpty
                ? [style.bold("Stopped: \(count).")]
                : [style.bold("Stopped: \(count). Begun again, it goes on with:")] + step(left)
        }
    }

    private func step(_ step: Step) -> [String] { StepText.lines(step, at: now, style) }
}
