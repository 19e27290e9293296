/// One of `canary.steps`: a share of the calls, for how long, and how many calls it has to see.
public struct RolloutStep: Sendable, Hashable, Codable {
    /// Percent of calls, 1 to 100.
    public var weight: Int
    /// In seconds, from when every dispatcher has the share in force.
    public var pause: Int
    /// Calls of the canary that have to have ended before the step can pass.
    public var calls: Int

    public init(weight: Int, pause: Int, calls: Int) {
        self.weight = weight
        self.pause = pause
        self.calls = calls
    }
}

/// `canary.analysis`: when the canary goes back by itself.
public struct AnalysisSpec: Sendable, Hashable, Codable {
    /// Percent of canaries as good as tolerated that are sent back all the same, over the whole rollout.
    public var errorRate: Int
    /// By how many percent the odds that a call goes wrong may be worse than the stable version's.
    public var tolerance: Int
    /// A post-dial delay of more than this many milliseconds is slow; one of the classes that Kamailio counts.
    public var delay: Int

    public init(errorRate: Int = 1, tolerance: Int = 50, delay: Int = 4000) {
        self.errorRate = errorRate
        self.tolerance = tolerance
        self.delay = delay
    }
}
