import ClusterModel

/// A step while it is drawn up, with what one planner tells the next.
struct Draft {
    var step = Step()
    /// Instances that have to leave the shares before something else may go on.
    var drains: Set<String> = []
    /// Instances that go down, or are held off, with their node in this step.
    var lowered: Set<String> = []
    var capacity: InstanceCapacity
    /// What `maxUnavailable` did not allow: said when nothing else goes on.
    var refusals: [Refusal] = []
    /// Whether something is to be destroyed or replaced, now or when its turn comes.
    var wantsDestruction = false
    /// Instances that something is to be done to, now or when its turn comes: one that is drained already stays so.
    var touched: Set<String> = []

    /// Nodes that nothing is done about, by name.
    private(set) var heldNodes: [String: Hold] = [:]

    /// The first so many of the step's waits, which may not come twice.
    private var awaited: Set<Wait> = []
    private var awaitedCount = 0
    private let scope: Planner.Scope?

    init(_ capacity: InstanceCapacity, _ scope: Planner.Scope? = nil) {
        self.capacity = capacity
        self.scope = scope
    }

    /// What the planner of nodes had to say is said: a node that is held and not acted on holds what is to stand on it.
    mutating func noteHeldNodes() {
        guard !step.holds.isEmpty else { return }
        let inHand = Set(step.actions.map(\.target) + step.waits.map(\.target))
        for hold in step.holds where !inHand.contains(hold.target) { heldNodes[hold.target] = hold }
    }

    /// Whether the saved plan has this target; if not, that is said, and nothing is held off from calls on its account.
    mutating func isInScope(_ target: String, _ action: String, isDestructive: Bool = false) -> Bool {
        guard let scope, !(isDestructive ? scope.destructible : scope.targets).contains(target) else { return true }
        hold(target, .drift, action, because: "it is not in the saved plan; make a new one")
        return false
    }

    /// Whether the saved plan and the blast radius allow it; if not, that is said.
    mutating func allows(_ destruction: Destruction, _ action: String, of target: String) -> Bool {
        guard isInScope(target, action, isDestructive: true) else { return false }
        wantsDestruction = true
        guard !destruction.isAllowed else { return true }
        hold(target, .blastRadius, action, because: destruction.because)
        return false
    }

    mutating func act(_ kind: Action.Kind, _ reason: String, _ changes: [Change] = [], cuts: Int = 0) {
        step.actions.append(Action(kind, reason: reason, changes: changes, cuts: cuts))
    }

    /// Waits for what a gate waits for; the same for a node and for its instance once.
    mutating func await(_ waits: [Wait]) {
        awaited.formUnion(step.waits[awaitedCount...])
        for wait in waits where awaited.insert(wait).inserted { step.waits.append(wait) }
        awaitedCount = step.waits.count
    }

    /// Instances that wait for something stay as they are, and count, once they are held off from new calls.
    mutating func keep(heldOff instances: [Survey.Instance]) {
        guard instances.contains(where: \.isDraining) else { return }
        touched.formUnion(instances.lazy.map(\.name))
        capacity.count(instances.map(\.name))
    }

    mutating func hold(
        _ target: String, _ cause: Hold.Cause, _ action: String, because: String, location: String? = nil
    ) {
        step.holds.append(Hold(target, cause, action: action, because: because, location: location))
    }

    /// Waits until `since` plus `limit`; later than that it needs a look.
    mutating func wait(
        _ subject: Wait.Subject, since: Instant?, limit: Int, now: Instant, assumes: String,
        overdue: @autoclosure () -> String
    ) {
        let wait = Wait(subject, since: since, limit: limit, assumes: assumes)
        if let since, now >= since.advanced(bySeconds: limit) {
            hold(wait.target, .overdue, "wait", because: overdue())
        } else {
            step.waits.append(wait)
        }
    }
}
