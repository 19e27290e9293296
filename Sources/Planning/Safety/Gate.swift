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
    func verdict(_ instance: Survey.Instance) -> Verdict {
        guard survey.isRegistryRead else { return .held(.unknown, because: "etcd cannot be read") }
        guard survey.areUnitsRead else { return .held(.unknown, because: "fleet cannot be read") }
        let member = instance.member
        // Also of one that is dead: it may come back by itself before it is touched.
        if isDead(instance) { return member?.state == .in ? .drainFirst : .open }
        guard let record = instance.record else {
            return member == nil && !mayBeDealtUnseen
                ? .open
                : .held(.calls, because: "its calls are unknown: it is in the shares, and does not report")
        }
        guard instance.calls != nil || survey.registry?.uncounted[instance.name] != nil else {
            return unreported(instance.name, record)
        }
        if member?.state == .in || (member == nil && mayBeDealtUnseen) { return .drainFirst }
        // Until the last dispatcher has it in force, a count of its calls is no end of them.
        if let verdict = Acknowledgements(survey: survey).verdict(instance) { return verdict }
        // Nobody deals to it: what its Asterisk says is all there is.
        guard let member else { return instance.isIdle ? .open : .drainFirst }
        // Calls that came past the shares have their time too: from when it stands there as drained.
        return drain(instance, since: member.drainingSince ?? survey.now)
    }

    /// The verdict for all instances of a node: the strictest.
    func verdict(_ node: Survey.Node) -> Verdict {
        guard survey.areUnitsRead else { return .held(.unknown, because: "fleet cannot be read") }
        var isDealtTo = false
        var waits: [Wait] = []
        for instance in node.instances {
            switch verdict(instance) {
            case .open: continue
            case .drainFirst: isDealtTo = true
            case .waiting(let more): waits += more
            case .held(let cause, let because): return .held(cause, because: "\(instance.name): \(because)")
            }
        }
        if isDealtTo { return .drainFirst }
        return waits.isEmpty ? .open : .waiting(waits)
    }

    /// Calls that touching these instances now would end.
    func cuts(_ instances: [Survey.Instance]) -> Int {
        instances.reduce(0) { $0 + (isDead($1) ? 0 : $1.calls?.calls ?? 0) }
    }

    /// Without shares nobody knows by which list the dispatchers deal: they go on by their last one.
    private var mayBeDealtUnseen: Bool {
        !survey.expectedDispatchers.isEmpty && survey.registry?.shares == nil
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

    /// What Kamailios go on counting of an instance whose calls have ended; `nil`: nothing.
    func ghosts(_ instance: Survey.Instance) -> String? {
        guard instance.member?.state != .in, !isDead(instance),
            case .ended(let ghosts) = survey.judgement(of: instance).verdict
        else { return nil }
        return ghosts
    }

    /// - Parameter since: when it left the shares.
    private func drain(_ instance: Survey.Instance, since: Instant) -> Verdict {
        let spec = survey.desired.spec.asterisk.drain
        let verdict = survey.judgement(of: instance).verdict
        if verdict.hasEnded { return .open }
        let age = survey.now.seconds(since: since)
        guard survey.now >= since.advanced(bySeconds: spec.timeout) else {
            let calls = instance.calls.map { CallsRecord(calls: $0.calls, oldest: $0.oldest) }
            return .waiting([
                Wait(
                    .drain(instance: instance.name), since: since, limit: spec.timeout, assumes: verdict.assumption,
                    calls: calls)
            ])
        }
        switch (verdict, spec.onTimeout) {
        case (.unknown(let reason), _):
            return .held(.calls, because: "its calls are unknown \(age) s after it left the shares: \(reason)")
        case (.ended, _), (.up, .cut), (.unsettled, .cut): return .open
        case (.unsettled(let reason), .hold):
            return .held(
                .calls,
                because: "whether its calls have ended is not known \(age) s after it left the shares: \(reason)")
        case (.up(let count, let by), .hold):
            return .held(
                .calls,
                because: """
                    \(count == 1 ? "1 call is" : "\(count) calls are") still up on it \(age) s after it left the shares\
                    \(by.map { " (\($0))" } ?? ""); it goes on when \(count == 1 ? "it has" : "they have") ended, or with \
                    asterisk.drain.onTimeout: cut
                    """)
        }
    }

    /// Proved dead: its node's domain is known to be off or gone, or its service has ended on a machine that is there.
    private func isDead(_ instance: Survey.Instance) -> Bool {
        if survey.isProvedOff(instance.mark.node) { return true }
        switch instance.unit.run {
        case .failed, .stopped: return true
        case .running: return false
        // Nothing is said of one that is not asked to run: without a key it does not.
        case .unreported: return !instance.unit.launched && instance.record == nil
        }
    }
}
