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

    init(_ capacity: InstanceCapacity) {
        self.capacity = capacity
    }

    /// Whether the blast radius allows it; if not, that is said.
    mutating func allows(_ destruction: Destruction, _ action: String, of target: String) -> Bool {
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
        step.waits += waits.filter { !step.waits.contains($0) }
    }

    /// Instances that wait for something stay as they are, and count, once they are held off from new calls.
    mutating func keep(heldOff instances: [String], _ survey: Survey) {
        guard instances.contains(where: survey.isDraining) else { return }
        touched.formUnion(instances)
        capacity.count(instances)
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
