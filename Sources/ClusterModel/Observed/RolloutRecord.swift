/// `rollout`: how far a canary has come. All that a controller knows of it: another one goes on from here.
public struct RolloutRecord: Sendable, Hashable, Codable {
    public enum State: String, Sendable, Hashable, Codable {
        /// Step after step.
        case running
        /// Somebody wants it to stay at its step.
        case paused
        /// Every step passed: it waits for somebody to promote it.
        case passed
        /// Its version goes to all replicas.
        case promoting
        /// It gets no calls until its version changes or somebody wants it tried again.
        case aborted
    }

    /// The canary's version that it is about.
    public var version: WorkloadVersion
    public var state: State
    /// Why it is paused or was aborted.
    public var reason: String?
    /// The step that it is at, from 0.
    public var step: Int
    /// When that step's share came into force; `nil`: it has yet to.
    public var since: Instant?
    /// When the counters were last read, and what they were then.
    public var readAt: Instant
    public var read: [String: Reading]
    /// The calls of this step.
    public var counted: [Track: TrackTally]
    /// Evidence for a canary that is worse than tolerated, over all steps: `OddsTest`'s logarithms, in millionths.
    public var evidence: [Measure: [Int]]
    /// How the steps before ended.
    public var verdicts: [Verdict]
    /// Stands until the manifest has followed: nothing rolls back by itself.
    public var promoted: Promotion?

    /// A version that all replicas get, in place of the one that the manifest names.
    public struct Promotion: Sendable, Hashable, Codable {
        public var version: WorkloadVersion
        public var replaces: WorkloadVersion
        /// What was promoted before, and stood until then.
        public var before: WorkloadVersion?

        public init(_ version: WorkloadVersion, replaces: WorkloadVersion, before: WorkloadVersion? = nil) {
            self.version = version
            self.replaces = replaces
            self.before = before
        }

        /// Taken back: what stood before it stands again.
        public var undone: Promotion? { before.map { Promotion($0, replaces: replaces) } }
    }

    /// What one dispatcher had counted.
    public struct Reading: Sendable, Hashable, Codable {
        public var startedAt: Instant
        public var stable: TrackTally
        public var canary: TrackTally

        public init(startedAt: Instant, stable: TrackTally, canary: TrackTally) {
            self.startedAt = startedAt
            self.stable = stable
            self.canary = canary
        }
    }

    public struct Verdict: Sendable, Hashable, Codable {
        public var step: Int
        public var weight: Int
        public var at: Instant
        public var counted: [Track: TrackTally]

        public init(step: Int, weight: Int, at: Instant, counted: [Track: TrackTally]) {
            self.step = step
            self.weight = weight
            self.at = at
            self.counted = counted
        }
    }

    public init(
        _ version: WorkloadVersion, state: State = .running, reason: String? = nil, step: Int = 0,
        since: Instant? = nil,
        readAt: Instant, read: [String: Reading] = [:], counted: [Track: TrackTally] = [:],
        evidence: [Measure: [Int]] = [:], verdicts: [Verdict] = [],
        promoted: Promotion? = nil
    ) {
        self.version = version
        self.state = state
        self.reason = reason
        self.step = step
        self.since = since
        self.readAt = readAt
        self.read = read
        self.counted = counted
        self.evidence = evidence
        self.verdicts = verdicts
        self.promoted = promoted
    }
}

/// What people order of a canary; each is a key `orders/<order>/canary`.
public enum CanaryOrder: String, Sendable, Hashable, Codable, CaseIterable {
    case pause, resume, promote, abort, retry

    /// Whether there is something to be done by it.
    public func isMeant(for state: RolloutRecord.State) -> Bool {
        switch self {
        case .pause: state == .running
        case .resume: state == .paused
        case .promote: state == .running || state == .paused || state == .passed
        case .abort: state != .aborted
        case .retry: state == .aborted
        }
    }
}
