import ClusterModel

/// How far a canary with steps has come, for people to look at.
public struct RolloutOverview: Sendable, Hashable {
    public var record: RolloutRecord
    public var steps: [RolloutStep]
    /// Percent of calls for the canary: what its step asks for, and what is dealt now.
    public var asked: Int
    public var dealt: Int
    /// Of the calls since its step began, those that were the canary's.
    public var canaryCalls: Int
    public var allCalls: Int
    public var measures: [Comparison]

    /// The share that was measured; `nil`: no call has come yet.
    public var measured: Interval? { Interval(canaryCalls, of: allCalls) }

    public struct Comparison: Sendable, Hashable {
        public var measure: Measure
        /// Of its step.
        public var stable: Tally
        public var canary: Tally
        /// How many times likelier what was seen since the first step is if the canary is worse than tolerated.
        public var evidence: Double
        /// From where on it goes back.
        public var limit: Double
    }
}

extension Planner {
    /// `nil`: the manifest has no canary with steps, etcd cannot be read, or the rollout has yet to begin.
    public func rollout(_ observed: Observed, now: Instant) -> RolloutOverview? {
        guard let canary = desired.spec.canary, !canary.steps.isEmpty, let registry = observed.registry.value,
            let record = registry.rollout, record.version.fits(canary.workload)
        else { return nil }
        let inForce = RolloutStanding.inForce(desired, record)
        let survey = Survey(desired: inForce, observed: observed, now: now, limits: limits)
        let seen =
            record.since == nil
            ? record
            : Analysis(record, registry.traffic, tracks: survey.tracks, spec: canary.analysis, at: now).record
        let (few, many) = (seen.counted[.stable] ?? TrackTally(), seen.counted[.canary] ?? TrackTally())
        let limit = 100 * Double(Measure.allCases.count) / Double(canary.analysis.errorRate)
        return RolloutOverview(
            record: record, steps: canary.steps, asked: inForce.draw.canary,
            dealt: registry.shares.map { SplitForecast($0).tracks[.canary] ?? 0 } ?? 0,
            canaryCalls: many.unanswered.calls, allCalls: few.unanswered.calls + many.unanswered.calls,
            measures: Measure.allCases.map { measure in
                RolloutOverview.Comparison(
                    measure: measure, stable: few[measure], canary: many[measure],
                    evidence: OddsTest(seen.evidence[measure] ?? []).evidence, limit: limit)
            })
    }
}
