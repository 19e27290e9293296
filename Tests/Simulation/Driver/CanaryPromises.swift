import ClusterModel
import Planning

/// What is promised of a canary, counted from the record and the manifest alone.
extension Planner {
    func broken(by action: Action, _ registry: RegistryState?) -> [String] {
        guard let registry, let record = registry.rollout else { return [] }
        let spec = desired.spec
        switch action.kind {
        case .writeShares(let shares):
            guard record.state == .aborted, registry.canaryOrders[.retry] == nil, let canary = spec.canary,
                !canary.steps.isEmpty, record.version.fits(canary.workload), shares.draw.canary > 0
            else { return [] }
            return ["calls are dealt to a canary that was taken back"]
        case .replaceInstance(let instance), .placeInstance(let instance):
            guard let promoted = record.promoted, registry.canaryOrders[.abort] == nil,
                promoted.replaces.image == spec.asterisk.workload.image, instance.track == .stable,
                instance.inputs.image == promoted.replaces.image,
                promoted.replaces.image != promoted.version.image
            else { return [] }
            return ["\(instance.name) gets the image that was replaced by a promotion"]
        default: return []
        }
    }
}

/// How far a canary came on the way.
public enum CanaryFate: Sendable, Hashable, CaseIterable {
    case running, paused, passed, promoting
    /// By what its calls showed.
    case sentBack
    /// By somebody's order.
    case takenBack

    init(_ record: RolloutRecord, _ obeyed: [CanaryOrder]) {
        self =
            switch record.state {
            case .running: .running
            case .paused: .paused
            case .passed: .passed
            case .promoting: .promoting
            case .aborted: obeyed.contains(.abort) ? .takenBack : .sentBack
            }
    }
}
