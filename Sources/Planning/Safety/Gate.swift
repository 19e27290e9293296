import ClusterModel

/// Whether an instance may be touched: no call may be cut (invariant 4).
struct Gate {
    let survey: Survey

    enum Verdict: Equatable {
        case open
        /// New calls are still dealt to it: that ends first.
        case drainFirst
        /// It will be told, or has no more new calls and waits for the end of those that are up.
        case waiting([Wait])
        case held(Hold.Cause, because: String)
    }

    /// The verdict for one instance.
    func verdict(_ instance: String) -> Verdict {
        guard let registry = survey.registry else { return .held(.unknown, because: "etcd cannot be read") }
        guard survey.units != nil else { return .held(.unknown, because: "fleet cannot be read") }
        let member = survey.members[instance]
        // Also of one that is dead: it may come back by itself before it is touched.
        if isDead(instance) { return member?.state == .in ? .drainFirst : .open }
        guard let record = registry.instances[instance] else {
            return member == nil && !mayBeDealtUnseen
                ? .open
                : .held(.calls, because: "its calls are unknown: it is in the shares, and does not report")
        }
        guard let calls = registry.calls[instance] else {
            return unreported(instance, record)
        }
        if member?.state == .in || (member == nil && mayBeDealtUnseen) { return .drainFirst }
        // Until the last dispatcher has it in force, a count of its calls is no end of them.
        if let verdict = Acknowledgements(survey: survey).verdict(instance) { return verdict }
        guard calls.calls > 0 else { return .open }
        // Calls that came past the shares have their time too: from when it stands there as drained.
        return member.map { drain(instance, calls, since: $0.drainingSince ?? survey.now) } ?? .drainFirst
    }

    /// The verdict for all instances of a node: the strictest.
    func verdict(node: String) -> Verdict {
        guard survey.units != nil else { return .held(.unknown, because: "fleet cannot be read") }
        var isDealtTo = false
        var waits: [Wait] = []
        for name in instances(on: node) {
            switch verdict(name) {
            case .open: continue
            case .drainFirst: isDealtTo = true
            case .waiting(let more): waits += more
            case .held(let cause, let because): return .held(cause, because: "\(name): \(because)")
            }
        }
        if isDealtTo { return .drainFirst }
        return waits.isEmpty ? .open : .waiting(waits)
    }

    func instances(on node: String) -> [String] { (survey.instancesByNode[node] ?? []).map(\.name) }

    /// Calls that touching these instances now would end.
    func cuts(_ instances: [String]) -> Int {
        instances.reduce(0) { $0 + (isDead($1) ? 0 : survey.registry?.calls[$1]?.calls ?? 0) }
    }

    /// Without shares nobody knows by which list the dispatchers deal: they go on by their last one.
    private var mayBeDealtUnseen: Bool {
        survey.registry?.shares == nil && !survey.expectedDispatchers.isEmpty
    }

    /// An announcer counts right after it has registered its instance.
    private func unreported(_ instance: String, _ record: InstanceRecord) -> Verdict {
        let limit = survey.limits.registration
        // By the node's clock: one that is ahead puts nothing off.
        guard record.since <= survey.now, survey.now < record.since.advanced(bySeconds: limit) else {
            return .held(.calls, because: "its calls are unknown: it has not reported any count")
        }
        return .waiting([
            Wait(.registration(instance: instance), since: record.since, limit: limit, assumes: "starts and registers")
        ])
    }

    /// - Parameter since: when it left the shares.
    private func drain(_ instance: String, _ calls: CallsRecord, since: Instant) -> Verdict {
        let spec = survey.desired.spec.asterisk.drain
        if survey.now < since.advanced(bySeconds: spec.timeout) {
            return .waiting([
                Wait(
                    .drain(instance: instance), since: since, limit: spec.timeout, assumes: "its calls end",
                    calls: calls)
            ])
        }
        switch spec.onTimeout {
        case .cut: return .open
        case .hold:
            return .held(
                .calls,
                because: """
                    \(calls.calls == 1 ? "1 call is" : "\(calls.calls) calls are") still up on it \(survey.now.seconds(since: since)) s after it left the shares; \
                    it goes on when \(calls.calls == 1 ? "it has" : "they have") ended, or with asterisk.drain.onTimeout: cut
                    """)
        }
    }

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
