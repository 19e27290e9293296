import ClusterModel

/// A canary that comes by steps: it gets more calls while they go well, and none once they do not.
struct RolloutPlanner {
    let survey: Survey
    let standing: RolloutStanding

    /// Seconds from one reading of the counters to the next: a block of calls ends by the clock, never by how they went.
    static let interval = 10

    func plan(into draft: inout Draft) {
        // Without fleet nobody knows whose calls the counters counted.
        guard let registry = survey.registry, survey.areUnitsRead, !survey.desired.isLeaving else { return }
        let promotion = RolloutStanding.pending(survey.desired, standing.record)
        if let promotion { sayPromoted(promotion, standing.record, into: &draft) }
        if let writing = standing.writing {
            draft.act(.writeRollout(standing.record, obeys: writing.obeys), writing.reason)
            return
        }
        guard let canary = survey.desired.spec.canary, !canary.steps.isEmpty, canary.replicas > 0 else { return }
        guard var record = standing.record, record.version.fits(canary.workload) else {
            guard canary.workload.version != survey.desired.spec.asterisk.workload.version else {
                return hold(
                    "begin",
                    "it has the image and the environment of all the others: there is nothing that it could be promoted to",
                    into: &draft)
            }
            let fresh = RolloutRecord(canary.workload.version, readAt: survey.now, promoted: promotion)
            let orders = CanaryOrder.allCases.filter { registry.canaryOrders[$0] != nil }
            draft.act(.writeRollout(fresh, obeys: orders), "a canary begins")
            return
        }
        // What an earlier version of Dialtone wrote down is of the canary that stands.
        record.version = canary.workload.version
        goOn(record, canary, registry, into: &draft)
    }

    private func goOn(_ record: RolloutRecord, _ canary: CanarySpec, _ registry: RegistryState, into draft: inout Draft)
    {
        switch record.state {
        case .running, .paused: watch(record, canary, registry, into: &draft)
        case .passed:
            hold(
                "promote",
                "every step passed; `dialtone canary promote` gives \(record.version.image) to all, `canary abort` takes it back",
                into: &draft)
        case .promoting: return
        case .aborted:
            hold(
                "deal calls to",
                "it was taken back: \(record.reason ?? "nobody said why"); another version, or `dialtone canary retry`",
                into: &draft)
        }
    }

    /// At a step: waits for its share to be in force, then for its time and its calls, and judges them all along.
    private func watch(
        _ record: RolloutRecord, _ canary: CanarySpec, _ registry: RegistryState, into draft: inout Draft
    ) {
        let step = min(record.step, canary.steps.count - 1)
        let asked = canary.steps[step]
        guard let since = record.since else {
            guard isInForce(asked.weight, registry) else { return sayStuck(asked.weight, registry, into: &draft) }
            draft.act(
                .writeRollout(begun(record, canary, registry), obeys: []),
                "\(asked.weight) % of the calls are dealt to it")
            return
        }
        var seen = record.counted[.canary]?.unanswered.calls ?? 0
        if survey.now >= record.readAt.advanced(bySeconds: Self.interval) {
            let analysis = Analysis(
                record, registry.traffic, tracks: survey.tracks, spec: canary.analysis, at: survey.now)
            var next = analysis.record
            seen = next.counted[.canary]?.unanswered.calls ?? 0
            if let finding = analysis.finding {
                (next.state, next.reason) = (.aborted, finding)
                draft.act(.writeRollout(next, obeys: []), "it is worse than the stable version: \(finding)")
                return
            }
            if record.state == .running, survey.now >= since.advanced(bySeconds: asked.pause), seen >= asked.calls {
                draft.act(.writeRollout(passed(next, canary, step), obeys: []), "step \(step + 1) passed")
                return
            }
            if next.counted != record.counted {
                draft.act(.writeRollout(next, obeys: []), "its calls are counted")
            }
        }
        if record.state == .paused {
            hold("go on with", "\(record.reason ?? "it is paused"); `dialtone canary resume` goes on", into: &draft)
        } else {
            draft.step.waits.append(wait(step, asked, seen: seen, since: since))
        }
    }

    private func wait(_ step: Int, _ asked: RolloutStep, seen: Int, since: Instant) -> Wait {
        let isLate = survey.now >= since.advanced(bySeconds: asked.pause)
        let calls = "\(asked.calls) calls of the canary have ended, \(seen) so far"
        return Wait(
            .rollout(step: step, calls: max(0, asked.calls - seen)), since: since,
            limit: max(asked.pause, Self.interval),
            assumes: "\(asked.weight) % of the calls go no worse: \(calls)\(isLate ? ", which is not enough" : "")")
    }

    private func isInForce(_ weight: Int, _ registry: RegistryState) -> Bool {
        guard let shares = registry.shares, shares.draw.canary == weight,
            Acknowledgements(survey: survey).missing(shares).isEmpty
        else { return false }
        return shares.instances.contains { $0.track == .canary && $0.state == .in }
    }

    /// Its share is in force, and it has nobody to take it.
    private func sayStuck(_ weight: Int, _ registry: RegistryState, into draft: inout Draft) {
        guard let shares = registry.shares, shares.draw.canary == weight,
            Acknowledgements(survey: survey).missing(shares).isEmpty,
            shares.instances.contains(where: { $0.track == .canary })
        else { return }
        hold(
            "go on with", "none of its instances takes calls: see status, and undrain what was drained by hand",
            into: &draft)
    }

    private func begun(_ record: RolloutRecord, _ canary: CanarySpec, _ registry: RegistryState) -> RolloutRecord {
        var record = record
        record.since = survey.now
        record.readAt = survey.now
        record.counted = [:]
        record.read = registry.traffic.mapValues { Analysis.reading($0, survey.tracks, canary.analysis) }
        // One that has yet to count anything begins now.
        for name in survey.desired.spec.dispatchers where record.read[name] == nil {
            record.read[name] = RolloutRecord.Reading(startedAt: survey.now, stable: TrackTally(), canary: TrackTally())
        }
        return record
    }

    private func passed(_ record: RolloutRecord, _ canary: CanarySpec, _ step: Int) -> RolloutRecord {
        var record = record
        record.verdicts.append(
            RolloutRecord.Verdict(
                step: step, weight: canary.steps[step].weight, at: survey.now, counted: record.counted))
        record.counted = [:]
        record.since = nil
        if step + 1 < canary.steps.count { record.step = step + 1 } else { record.state = .passed }
        return record
    }

    func hold(_ action: String, _ because: String, into draft: inout Draft) {
        draft.hold("canary", .rollout, action, because: because)
    }
}

extension Survey {
    /// The track of every instance, by name.
    var tracks: [String: Track] {
        Dictionary(instances.map { ($0.name, $0.mark.track) }) { first, _ in first }
    }
}
