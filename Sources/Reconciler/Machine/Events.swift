import ClusterModel
import Planning

/// What the machine is told.
public enum Event: Sendable {
    case begin
    case observed(Observed)
    case leadership(LeadershipNews)
    /// An action ended; `nil`: well.
    case finished(target: String, PortError?)
    /// A time that was asked for has come.
    case woke
    /// A system says that something changed.
    case changed
    /// The manifest changed.
    case desired(Planner)
    /// Let what runs end, begin nothing more.
    case stop
}

public enum LeadershipNews: Sendable {
    case granted
    case refused(by: LeaderRecord?)
    case failed(PortError)
    case lost
}

/// What the machine asks for.
public enum Effect: Sendable {
    case observe
    case acquire
    case release
    case perform(Action, at: Instant)
    case wake(at: Instant)
    case report(Report)
    case end(Outcome)
}

/// What is worth telling a person.
public enum Report: Sendable {
    case looked(Step, Observed)
    case began(Action)
    case finished(Action, PortError?)
    /// What a port did otherwise than was asked, while it carried out an action of that target.
    case remarked(target: String, String)
    case standingBy(LeaderRecord?)
    case deposed
}

/// How it ended.
public enum Outcome: Sendable {
    case converged
    /// Only holds are left.
    case held([Hold])
    case failed([Failure])
    case unreachable([String])
    case timedOut(left: Step)
    case notLeader(LeaderRecord?)
    case stopped(left: Step)
}

/// An action that failed each time it was tried.
public struct Failure: Sendable, Hashable {
    public var target: String
    public var attempts: Int
    public var error: PortError
}

/// How the machine works.
public struct Settings: Sendable {
    public enum Mode: Sendable {
        /// Until it is done, or can go no further.
        case once
        case continuous
    }

    public var mode: Mode
    /// Seconds between looks when nothing happens; `continuous` only.
    public var interval: Int
    /// Actions under way at once.
    public var parallel: Int
    public var leaseSeconds: Int
    /// Times that an action is tried; `once` only.
    public var attempts: Int
    /// Seconds; `nil`: the plan's own bound and a margin. `once` only.
    public var timeLimit: Int?
    /// Spreads the back-off of several controllers.
    public var seed: UInt64
    /// A saved plan, outside which nothing is done.
    public var approval: SavedPlan?

    public init(
        mode: Mode, interval: Int = 30, parallel: Int = 8, leaseSeconds: Int = 10, attempts: Int = 3,
        timeLimit: Int? = nil, seed: UInt64 = 0, approval: SavedPlan? = nil
    ) {
        self.mode = mode
        self.interval = interval
        self.parallel = parallel
        self.leaseSeconds = leaseSeconds
        self.attempts = attempts
        self.timeLimit = timeLimit
        self.seed = seed
        self.approval = approval
    }
}
