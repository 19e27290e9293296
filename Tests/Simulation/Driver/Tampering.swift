import ClusterModel
import Planning
import Reconciler

/// A planted bug: what stands between the machine and the world is bent. The invariants look at the true things.
public struct Tampering: Sendable {
    public var observed: @Sendable (Observed) -> Observed = { $0 }
    public var planner: @Sendable (Planner) -> Planner = { $0 }
    public var operations: @Sendable (Action, [Reconciler.Operation]) -> [Reconciler.Operation] = { $1 }
    public var ignoresLease = false

    public init() {}
}
