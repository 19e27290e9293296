import ArgumentParser
import ClusterModel
import Reconciler

/// What the shell is told (the numbers above 63 are those of sysexits.h).
enum ExitStatus: Int32, CaseIterable {
    case done = 0
    case failed = 1
    /// `plan --detailed-exitcode`: actions, waits or holds are pending.
    case pending = 2
    case usage = 64
    case manifest = 65
    case unreachable = 69
    case otherLeader = 73
    case notInTime = 75
    case held = 77

    /// What is said when several are true, the first one wins.
    static let precedence: [ExitStatus] = [.unreachable, .failed, .otherLeader, .notInTime, .held, .pending, .done]

    /// The one of `statuses` that is said; none: done.
    static func first(of statuses: some Sequence<ExitStatus>) -> ExitStatus {
        let all = Set(statuses)
        return precedence.first(where: all.contains) ?? .done
    }

    /// How a reconciliation ended. One that was stopped before its end can be begun again, as one that ran out of time.
    init(_ outcome: Outcome) {
        switch outcome {
        case .converged: self = .done
        case .held: self = .held
        case .failed(let failures):
            self = .first(of: failures.map { $0.error.kind == .unreachable ? .unreachable : .failed })
        case .unreachable: self = .unreachable
        case .timedOut: self = .notInTime
        case .notLeader: self = .otherLeader
        case .stopped(let left): self = left.isConverged && left.holds.isEmpty ? .done : .notInTime
        }
    }

    var exitCode: ExitCode { ExitCode(rawValue) }
}

/// Ends a command: what is said on standard error, and the status.
struct CommandError: Error {
    var status: ExitStatus
    /// Empty: all was said before.
    var message: String

    init(_ status: ExitStatus, _ message: String = "") {
        self.status = status
        self.message = message
    }
}

extension ExitStatus {
    /// Ends the command with this status, unless it is a success.
    func end() throws(CommandError) {
        if self != .done { throw CommandError(self) }
    }
}
