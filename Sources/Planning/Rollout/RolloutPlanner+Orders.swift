import ClusterModel

// What people decide on: their orders, and the promotion that stands until the manifest follows.
extension RolloutPlanner {
    /// A promotion that the manifest has yet to follow: it names what was replaced.
    static func pending(_ desired: Desired, _ registry: RegistryState?) -> RolloutRecord.Promotion? {
        guard let promotion = registry?.rollout?.promoted, promotion.replaces == desired.spec.asterisk.workload.image,
            promotion.image != promotion.replaces
        else { return nil }
        return promotion
    }

    /// What people ordered, the earliest first; each where it means something.
    func obey(_ registry: RegistryState, _ record: inout RolloutRecord) -> String? {
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
                    image: record.image, replaces: survey.desired.spec.asterisk.workload.image,
                    before: record.promoted?.image)
            case .abort:
                if record.state == .promoting { record.promoted = record.promoted?.undone }
                (record.state, record.reason) = (.aborted, reason)
            case .retry:
                record = RolloutRecord(image: record.image, readAt: survey.now, promoted: record.promoted)
            }
        }
        return said.isEmpty ? nil : said.joined(separator: "; ")
    }

    func orders(_ registry: RegistryState) -> [CanaryOrder] {
        CanaryOrder.allCases.filter { registry.canaryOrders[$0] != nil }
    }

    /// A promotion outlives its canary; taking it back is somebody's word.
    func withoutCanary(
        _ registry: RegistryState, _ promotion: RolloutRecord.Promotion?, into draft: inout Draft
    ) {
        if promotion != nil, registry.canaryOrders[.abort] == nil { return }
        guard registry.rollout != nil || !registry.canaryOrders.isEmpty else { return }
        let reason = promotion == nil ? "no canary comes by steps" : "its promotion is taken back"
        draft.act(.writeRollout(nil, obeys: orders(registry)), reason)
    }

    func sayPromoted(
        _ promotion: RolloutRecord.Promotion, _ record: RolloutRecord?, into draft: inout Draft
    ) {
        let isLast = record?.state == .promoting || survey.desired.spec.canary == nil
        let mend = isLast ? ", or take it back with `dialtone canary abort`" : ""
        draft.hold(
            "canary", .rollout, "go on from",
            because: """
                \(promotion.image) was promoted, and the manifest still names \(promotion.replaces) for all; write \
                \(promotion.image) there\(mend)
                """,
            location: survey.desired.spec.locations["spec.asterisk.image"])
    }
}
