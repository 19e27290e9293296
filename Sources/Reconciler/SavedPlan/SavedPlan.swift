import ClusterModel
import Planning
import Provisioning

/// A plan that was looked at and kept: the manifest in force, and what may be done, by kind, target and applied inputs.
/// Waits, holds, calls and health are not part of it; of the shares, the draw and the set of names are.
public struct SavedPlan: Sendable, Hashable, Codable {
    /// The format that this version writes.
    public static let format = 1

    public var format: Int
    public var spec: ClusterSpec
    public var isLeaving: Bool
    public var allowDestroy: Int?
    public var createdAt: Instant
    public var entries: [Entry]
    /// What of the shares may be written; `nil`: nothing.
    public var shares: SharesScope?
    /// How far a canary may come by it. One that is worse than the stable version goes back in any case.
    public var rollouts: FieldNames

    public struct Entry: Sendable, Hashable, Codable {
        public var kind: String
        public var target: String
        public var isDestructive: Bool
        /// What the target is before the plan, and after it.
        public var before: String
        public var after: String
    }

    /// The draws that the plan goes through, and the instances among which it deals.
    public struct SharesScope: Sendable, Hashable, Codable {
        var draws: [Shares.Draw]
        var names: FieldNames

        func covers(_ shares: Shares) -> Bool {
            draws.contains(shares.draw) && shares.instances.allSatisfy { names.contains($0.name) }
        }
    }

    public init(_ plan: Plan, planner: Planner, observed: Observed) {
        format = Self.format
        spec = planner.desired.spec
        isLeaving = planner.desired.isLeaving
        allowDestroy = planner.allowDestroy
        createdAt = plan.createdAt
        var first: [String: String] = [:]
        let cluster = planner.desired.spec.name
        entries = plan.actions.compactMap { action in
            switch action.kind {
            case .writeShares, .writeRollout: return nil
            default: break
            }
            let before = first[action.target] ?? Identity.of(action.target, in: observed, cluster)
            first[action.target] = before
            return Entry(
                kind: action.kind.word, target: action.target, isDestructive: action.isDestructive, before: before,
                after: action.identityAfter)
        }
        rollouts = FieldNames(
            plan.actions.compactMap { action in
                if case .writeRollout(let record, _) = action.kind { Self.progress(record) } else { nil }
            })
        let written = plan.actions.compactMap { if case .writeShares(let shares) = $0.kind { shares } else { nil } }
        if !written.isEmpty {
            let all = written + [observed.registry.value?.shares].compactMap { $0 }
            shares = SharesScope(
                draws: all.map(\.draw), names: FieldNames(all.flatMap { $0.instances.map(\.name) }))
        }
    }

    /// How far a canary has come: what its calls were like is not part of a plan.
    private static func progress(_ record: RolloutRecord?) -> String {
        record.map { "\($0.version.image) \($0.state.rawValue) \($0.step)" } ?? "none"
    }

    /// The planner that made it, confined to what the plan touches.
    public var planner: Planner {
        var desired = isLeaving ? spec.emptied() : spec.expanded()
        desired.isLeaving = isLeaving
        let scope = Planner.Scope(
            targets: Set(entries.map(\.target)), destructible: Set(entries.filter(\.isDestructive).map(\.target)))
        return Planner(desired: desired, allowDestroy: allowDestroy, scope: scope)
    }

    /// What has changed since it was made, so that it is no longer the plan for this world; empty: nothing has.
    public func staleness(_ observed: Observed) -> [String] {
        var expected: [String: Set<String>] = [:]
        var order: [String] = []
        for entry in entries {
            if expected[entry.target] == nil { order.append(entry.target) }
            expected[entry.target, default: []].formUnion([entry.before, entry.after])
        }
        var stale = order.filter { expected[$0]?.contains(Identity.of($0, in: observed, spec.name)) != true }
        if let shares, let current = observed.registry.value?.shares, !shares.covers(current) { stale.append("shares") }
        return stale.map { "\($0) is neither what it was nor what the plan makes of it" }
    }

    /// Turns what the plan does not hold into holds.
    func confine(_ step: inout Step) {
        let planned = Dictionary(grouping: entries, by: \.target)
        var kept: [Action] = []
        for action in step.actions {
            if holds(action, planned) {
                kept.append(action)
            } else {
                step.holds.append(
                    Hold(
                        action.target, .drift, action: action.verb.rawValue,
                        because: "it is not in the saved plan; make a new one"))
            }
        }
        step.actions = kept
    }

    /// A half-done action goes on under another kind (what was to be created is completed): what counts is what comes of it,
    /// and that nothing is destroyed that was not to be. An announcer belongs to its instance.
    private func holds(_ action: Action, _ planned: [String: [Entry]]) -> Bool {
        func hasEntry(_ target: String, _ after: String) -> Bool {
            planned[target]?.contains { $0.after == after && ($0.isDestructive || !action.isDestructive) } == true
        }
        if hasEntry(action.target, action.identityAfter) { return true }
        switch action.kind {
        case .writeShares(let written): return shares?.covers(written) == true
        case .writeRollout(let record, _): return record?.state == .aborted || rollouts.contains(Self.progress(record))
        case .placeAnnouncer(let instance):
            return hasEntry(instance.name, Identity.instance(instance.inputs, instance.track))
        case .removeAnnouncer(let name):
            return planned.keys.contains {
                Names(cluster: spec.name).announcer(of: $0) == name && hasEntry($0, "absent")
            }
        default: return false
        }
    }
}
