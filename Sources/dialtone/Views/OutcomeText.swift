import ClusterModel
import Reconciler

/// How a reconciliation ended, for people.
struct OutcomeText {
    var outcome: Outcome
    /// Actions that were carried out.
    var done: [Action]
    var seconds: Int
    var now: Instant
    var style = Style.plain

    var text: String { lines.map { $0 + "\n" }.joined() }

    private var count: String { "\(done.count) action\(done.count == 1 ? "" : "s") done in \(seconds) s" }

    private var lines: [String] {
        switch outcome.without(done) {
        case .converged:
            [style.bold(done.isEmpty ? "Nothing to do." : "Converged: \(count).")]
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
                    "Another controller leads: \(record?.text ?? "it left just now"). \(done.isEmpty ? "Nothing was done" : count)."
                )
            ]
        case .stopped(let left):
            [style.bold("Stopped: \(count). Begun again, it goes on where it ended.")] + step(left)
        }
    }

    private func step(_ step: Step) -> [String] { StepText.lines(step, at: now, style) }
}

extension Outcome {
    /// The same, where what was left when it looked last does not name what was carried out since.
    func without(_ done: [Action]) -> Outcome {
        guard case .stopped(var left) = self else { return self }
        left.actions.removeAll(where: done.contains)
        return .stopped(left: left)
    }
}
