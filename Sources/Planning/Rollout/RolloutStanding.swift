import ClusterModel

/// What a canary by steps stands at: its record with what people ordered obeyed. Everything else of a step is drawn up from this, so that an order and what
/// follows from it are one step; cut in the middle, the order stands and is obeyed again.
struct RolloutStanding {
    /// The record from which everything is drawn; `nil`: there is none.
    private(set) var record: RolloutRecord?
    /// Why the record is to be written, with the orders that it obeys; `nil`: it stands as it is.
    private(set) var writing: (reason: String, obeys: [CanaryOrder])?

    init(_ desired: Desired, _ registry: RegistryState?, now: Instant) {
        record = registry?.rollout
        guard let registry, !desired.isLeaving else { return }
        guard let canary = desired.spec.canary, !canary.steps.isEmpty, canary.replicas > 0 else {
            withoutCanary(desired, registry)
            return
        }
        guard var next = registry.rollout, next.version.fits(canary.workload) else { return }
        var reasons: [String] = []
        if next.promoted != nil, Self.pending(desired, next) == nil {
            next.promoted = nil
            reasons.append("the manifest names what was promoted")
        }
        let obeyed = CanaryOrder.allCases.filter { registry.canaryOrders[$0] != nil }
        reasons += Self.obey(registry, desired, &next, now: now)
        guard !reasons.isEmpty else { return }
        // What an earlier version wrote down is of the canary that stands.
        next.version = canary.workload.version
        record = next
        writing = (reasons.joined(separator: "; "), obeyed)
    }

    /// A promotion outlives its canary; taking it back is somebody's word.
    private mutating func withoutCanary(_ desired: Desired, _ registry: RegistryState) {
        let promotion = Self.pending(desired, registry.rollout)
        if promotion != nil, registry.canaryOrders[.abort] == nil { return }
        guard registry.rollout != nil || !registry.canaryOrders.isEmpty else { return }
        if promotion != nil, let undone = promotion?.undone {
            record?.promoted = undone
        } else {
            record = nil
        }
        writing = (
            promotion == nil ? "no canary comes by steps" : "its promotion is taken back",
            CanaryOrder.allCases.filter { registry.canaryOrders[$0] != nil }
        )
    }

    /// A promotion that the manifest has yet to follow: some part of it is as it was replaced.
    static func pending(_ desired: Desired, _ record: RolloutRecord?) -> RolloutRecord.Promotion? {
        guard let promotion = record?.promoted else { return nil }
        let written = desired.spec.asterisk.workload
        return written.promoted(promotion) == written ? nil : promotion
    }

    /// What is asked for while a canary is at a step: that step's share, and a promoted version for all.
    static func inForce(_ desired: Desired, _ record: RolloutRecord?) -> Desired {
        guard !desired.isLeaving else { return desired }
        var desired = desired
        if let promotion = pending(desired, record), let stable = desired.tracks[.stable]?.workload {
            desired.tracks[.stable]?.workload = stable.promoted(promotion)
        }
        guard let canary = desired.spec.canary, let last = canary.steps.last, canary.replicas > 0 else {
            return desired
        }
        var weight = 0
        if let record, record.version.fits(canary.workload) {
            switch record.state {
            case .running, .paused: weight = canary.steps[min(record.step, canary.steps.count - 1)].weight
            case .passed, .promoting: weight = last.weight
            case .aborted: weight = 0
            }
        }
        desired.draw = Shares.Draw(stable: 100 - weight, canary: weight)
        return desired
    }

    /// What people ordered, the earliest first; each where it means something.
    /// - Returns: who ordered what.
    private static func obey(
        _ registry: RegistryState, _ desired: Desired, _ record: inout RolloutRecord, now: Instant
    ) -> [String] {
        var said: [String] = []
        for (order, person) in registry.canaryOrders.sorted(by: {
            ($0.value.at, $0.key.rawValue) < ($1.value.at, $1.key.rawValue)
        }) {
            let reason = "\(person.by) ordered \(order.rawValue)" + (person.note.isEmpty ? "" : ": \(person.note)")
            said.append(reason)
            guard order.isMeant(for: record.state) else { continue }
            switch order {
            case .pause: (record.state, record.reason) = (.paused, reason)
            case .resume: (record.state, record.reason) = (.running, nil)
            case .promote:
                (record.state, record.reason) = (.promoting, reason)
                record.promoted = RolloutRecord.Promotion(
                    desired.spec.canary?.workload.version ?? record.version,
                    replaces: desired.spec.asterisk.workload.version, before: record.promoted?.version)
            case .abort:
                if record.state == .promoting { record.promoted = record.promoted?.undone }
                (record.state, record.reason) = (.aborted, reason)
            case .retry:
                record = RolloutRecord(record.version, readAt: now, promoted: record.promoted)
            }
        }
        return said
    }
}
