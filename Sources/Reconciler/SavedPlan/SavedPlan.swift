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

    public struct Entry: Sendable, Hashable, Codable {
        public var kind: String
        public var target: String
        /// What the target is before the plan, and after it.
        public var before: String
        public var after: String
    }

    public init(_ plan: Plan, planner: Planner, observed: Observed) {
        format = Self.format
        spec = planner.desired.spec
        isLeaving = planner.desired.isLeaving
        allowDestroy = planner.allowDestroy
        createdAt = plan.createdAt
        var first: [String: String] = [:]
        let cluster = planner.desired.spec.name
        entries = plan.actions.map { action in
            let before = first[action.target] ?? Identity.of(action.target, in: observed, cluster)
            first[action.target] = before
            return Entry(kind: action.kind.word, target: action.target, before: before, after: action.identityAfter)
        }
    }

    /// The planner that made it.
    public var planner: Planner {
        var desired = isLeaving ? spec.emptied() : spec.expanded()
        desired.isLeaving = isLeaving
        return Planner(desired: desired, allowDestroy: allowDestroy)
    }

    /// What has changed since it was made, so that it is no longer the plan for this world; empty: nothing has.
    public func staleness(_ observed: Observed) -> [String] {
        var expected: [String: Set<String>] = [:]
        var order: [String] = []
        for entry in entries {
            if expected[entry.target] == nil { order.append(entry.target) }
            expected[entry.target, default: []].formUnion([entry.before, entry.after])
        }
        return order.compactMap { target in
            let now = Identity.of(target, in: observed, spec.name)
            return expected[target]?.contains(now) == true
                ? nil : "\(target) is neither what it was nor what the plan makes of it"
        }
    }

    /// Turns what the plan does not hold into holds.
    func confine(_ step: inout Step) {
        let entries = Set(entries.map { Key(kind: $0.kind, target: $0.target, after: $0.after) })
        let loose = Set(entries.map { Key(kind: $0.kind, target: $0.target, after: "") })
        var kept: [Action] = []
        for action in step.actions {
            let isShares = if case .writeShares = action.kind { true } else { false }
            let isPlanned = Self.origins(of: action, cluster: spec.name).contains(where: entries.contains)
            if isPlanned || (isShares && loose.contains(Key(kind: action.kind.word, target: action.target, after: "")))
            {
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

    private struct Key: Hashable {
        var kind: String
        var target: String
        var after: String
    }

    /// The entries that cover an action: itself, and what leaves it over when it was cut on its way.
    private static func origins(of action: Action, cluster: String) -> [Key] {
        let after = action.identityAfter
        func same(_ kinds: String...) -> [Key] { kinds.map { Key(kind: $0, target: action.target, after: after) } }
        switch action.kind {
        case .createNode: return same("createNode", "replaceNode")
        case .completeNode: return same("completeNode", "createNode", "replaceNode")
        case .startNode, .restartNode:
            return same(action.kind.word, "startNode", "restartNode", "completeNode", "createNode", "replaceNode")
        case .placeInstance: return same("placeInstance", "replaceInstance")
        case .placeAnnouncer(let instance):
            let identity = Identity.instance(instance.inputs, instance.track)
            return same("placeAnnouncer")
                + ["placeInstance", "replaceInstance"].map { Key(kind: $0, target: instance.name, after: identity) }
        case .removeAnnouncer(let name):
            let names = Names(cluster: cluster)
            let instance = names.ordinal(announcer: name).map(names.instance) ?? name
            return same("removeAnnouncer") + [Key(kind: "removeInstance", target: instance, after: after)]
        case .updateNode, .replaceNode, .destroyNode, .replaceInstance, .removeInstance, .writeShares, .forgetCluster:
            return same(action.kind.word)
        }
    }
}
