import ClusterModel

/// Whether an instance may be touched: no call may be cut (invariant 4).
struct Gate {
    let survey: Survey

    enum Verdict: Equatable {
        case open
        /// No call is up, but new ones are still dealt to it.
        case drainFirst
        case held(Hold.Cause, because: String)
    }

    /// The verdict for one instance.
    func verdict(_ instance: String) -> Verdict {
        guard let registry = survey.registry else { return .held(.unknown, because: "etcd cannot be read") }
        guard survey.units != nil else { return .held(.unknown, because: "fleet cannot be read") }
        let member = survey.members[instance]
        // Also of one that is dead: it may come back by itself before it is touched.
        let unlessDealt = member?.state == .in ? Verdict.drainFirst : .open
        if isDead(instance) { return unlessDealt }
        guard registry.instances[instance] != nil else {
            return member == nil
                ? .open
                : .held(.calls, because: "its calls are unknown: it is in the shares, and does not report")
        }
        guard let calls = registry.calls[instance] else {
            return .held(.calls, because: "its calls are unknown: it has not reported any count")
        }
        guard calls.calls == 0 else {
            let count = calls.calls == 1 ? "1 call is" : "\(calls.calls) calls are"
            return .held(.calls, because: "\(count) up on it; it goes on when they have ended")
        }
        return unlessDealt
    }

    /// The verdict for all instances of a node: the strictest.
    func verdict(node: String) -> Verdict {
        guard survey.units != nil else { return .held(.unknown, because: "fleet cannot be read") }
        var strictest = Verdict.open
        for name in instances(on: node) {
            switch verdict(name) {
            case .open: continue
            case .drainFirst: strictest = .drainFirst
            case .held(let cause, let because): return .held(cause, because: "\(name): \(because)")
            }
        }
        return strictest
    }

    func instances(on node: String) -> [String] { (survey.instancesByNode[node] ?? []).map(\.name) }

    /// Proved dead: its node's domain is known to be off or gone, or its service has ended on a machine that is there.
    private func isDead(_ instance: String) -> Bool {
        guard let known = survey.instance(instance) else {
            return survey.units?.lingering.contains(instance) == false
                && survey.registry?.instances[instance] == nil
        }
        if survey.isProvedOff(known.mark.node) { return true }
        switch known.unit.run {
        case .failed, .stopped: return true
        case .running: return false
        // Nothing is said of one that is not asked to run: without a key it does not.
        case .unreported: return !known.unit.launched && survey.registry?.instances[instance] == nil
        }
    }
}
