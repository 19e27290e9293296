import ClusterModel

/// What the dispatchers counted of both tracks since a record's last reading, and what it says of the canary.
struct Analysis {
    private(set) var record: RolloutRecord
    let spec: AnalysisSpec
    /// Why the canary is worse than tolerated; `nil`: nothing shows that it is.
    private(set) var finding: String?

    /// Takes in what was counted until `now`.
    init(
        _ record: RolloutRecord, _ traffic: [String: TrafficRecord], tracks: [String: Track], spec: AnalysisSpec,
        at now: Instant
    ) {
        self.record = record
        self.spec = spec
        var stable = TrackTally()
        var canary = TrackTally()
        for (name, counted) in traffic {
            let reading = Self.reading(counted, tracks, spec)
            if let since = record.read[name].flatMap({ Self.growth(from: $0, to: reading) }) {
                stable = stable + since.stable
                canary = canary + since.canary
            }
            self.record.read[name] = reading
        }
        self.record.readAt = now
        self.record.counted[.stable] = (record.counted[.stable] ?? TrackTally()) + stable
        self.record.counted[.canary] = (record.counted[.canary] ?? TrackTally()) + canary
        judge(stable, canary)
    }

    static func reading(_ traffic: TrafficRecord, _ tracks: [String: Track], _ spec: AnalysisSpec)
        -> RolloutRecord.Reading
    {
        var reading = RolloutRecord.Reading(startedAt: traffic.startedAt, stable: TrackTally(), canary: TrackTally())
        for (name, counters) in traffic.instances {
            let tally = TrackTally(counters, delay: spec.delay)
            switch tracks[name] {
            case .stable: reading.stable = reading.stable + tally
            case .canary: reading.canary = reading.canary + tally
            case nil: continue
            }
        }
        return reading
    }

    /// What was counted in between. `nil`: the counters do not go on from there, since an instance has gone or come.
    private static func growth(
        from before: RolloutRecord.Reading, to now: RolloutRecord.Reading
    ) -> (stable: TrackTally, canary: TrackTally)? {
        guard before.startedAt == now.startedAt else { return (now.stable, now.canary) }
        let (stable, canary) = (now.stable - before.stable, now.canary - before.canary)
        return stable.hasGrown && canary.hasGrown ? (stable, canary) : nil
    }

    private mutating func judge(_ stable: TrackTally, _ canary: TrackTally) {
        let tolerated = 1 + Double(spec.tolerance) / 100
        // Each measure has its part of the error rate (Bonferroni).
        let error = Double(spec.errorRate) / 100 / Double(Measure.allCases.count)
        for measure in Measure.allCases {
            var test = OddsTest(record.evidence[measure] ?? [])
            test.add(stable: stable[measure], canary: canary[measure], tolerated: tolerated)
            record.evidence[measure] = test.millionths
            if finding == nil, test.finds(error: error) { finding = text(measure) }
        }
    }

    private func text(_ measure: Measure) -> String {
        func part(_ track: Track) -> String {
            let tally = record.verdicts.reduce(record.counted[track]?[measure] ?? Tally()) {
                $0 + ($1.counted[track]?[measure] ?? Tally())
            }
            return "\(tally.wrong) of \(tally.calls)"
        }
        let what =
            switch measure {
            case .unanswered: "were not answered"
            case .failed: "failed"
            case .slow: "took more than \(spec.delay) ms to ring"
            case .dropped: "were not ended by their caller"
            }
        return """
            \(part(.canary)) of its calls \(what), and \(part(.stable)) of the stable version's; \
            of canaries that are as good as tolerated at most \(spec.errorRate) % are sent back
            """
    }
}

extension TrackTally {
    fileprivate var hasGrown: Bool {
        Measure.allCases.allSatisfy { self[$0].wrong >= 0 && self[$0].calls >= self[$0].wrong }
    }
}
