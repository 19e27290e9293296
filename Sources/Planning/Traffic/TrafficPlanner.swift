import ClusterModel

/// The shares: which instances calls are dealt to, and how many of a hundred go to the canary.
struct TrafficPlanner {
    let survey: Survey
    let orders: DrainOrders
    let acknowledgements: Acknowledgements

    init(survey: Survey) {
        self.survey = survey
        orders = DrainOrders(survey)
        acknowledgements = Acknowledgements(survey: survey)
    }

    func plan(into draft: inout Draft) {
        guard let registry = survey.registry, survey.areUnitsRead else { return }
        draft.step.holds += orders.holds
        if !survey.desired.isLeaving { acknowledgements.planSets(into: &draft) }
        let current = registry.shares
        let members = members(draft)
        guard !members.isEmpty || (current != nil && !survey.desired.isLeaving) else { return }
        let draw = survey.desired.isLeaving ? current?.draw ?? survey.desired.draw : survey.desired.draw
        let spec = survey.desired.spec
        let shares = Shares(
            revision: revision(after: current), draw: draw, instances: members,
            emergencyNumbers: spec.emergencyNumbers, match: spec.canary?.match ?? [], writtenAt: survey.now)
        if let current, current.means(shares) {
            acknowledgements.plan(current, into: &draft)
            return
        }
        draft.act(.writeShares(shares), reason(current, shares), changes(current, shares))
    }

    /// One that no dispatcher has acknowledged yet, whatever became of the shares meanwhile.
    private func revision(after current: Shares?) -> Int {
        let acknowledged = survey.registry?.dispatchers.values.map(\.revision).max() ?? 0
        return max(current?.revision ?? 0, acknowledged) + 1
    }

    /// Everybody who registered comes in; nobody goes out by a lapsed lease alone, but with its unit.
    private func members(_ draft: Draft) -> [Shares.Member] {
        survey.instances.compactMap { instance -> Shares.Member? in
            guard instance.ordinal != nil else { return nil }
            let name = instance.name
            let record = survey.registration(of: instance)
            guard let address = record.map({ $0.address + ":" + String($0.port) }) ?? instance.member?.address else {
                return nil
            }
            // Its first caller comes after its probe call.
            if instance.member == nil, !survey.isProbed(instance) { return nil }
            // What is about to be touched gets no first call.
            if instance.member == nil, draft.touched.contains(name), !draft.drains.contains(name) { return nil }
            var member = Shares.Member(name: name, address: address, track: instance.mark.track)
            let wasDraining = instance.isDraining
            if draft.drains.contains(name) || orders.obeyed.contains(name)
                || (wasDraining && (record == nil || !survey.isProbed(instance) || draft.touched.contains(name)))
            {
                member.state = .draining
                member.drainingSince = instance.member?.drainingSince ?? survey.now
            }
            return member
        }
    }

    private func reason(_ current: Shares?, _ shares: Shares) -> String {
        guard let current else { return "the first instances answer" }
        if current.draw != shares.draw { return "the manifest asks for another split" }
        if current.emergencyNumbers != shares.emergencyNumbers || current.match != shares.match {
            return "the manifest asks for other rules"
        }
        if shares.instances.contains(where: { $0.state == .draining && !survey.isDraining($0.name) }) {
            return "new calls are held off what is to be touched or drained"
        }
        return "the instances that answer changed"
    }

    private func changes(_ current: Shares?, _ shares: Shares) -> [Change] {
        var found: [Change] = []
        func describe(_ draw: Shares.Draw?) -> String {
            draw.map { "stable \($0.stable) %, canary \($0.canary) %" } ?? "none"
        }
        if current?.draw != shares.draw {
            found.append(Change(field: "draw", from: describe(current?.draw), to: describe(shares.draw), by: .manifest))
        }
        if (current?.emergencyNumbers ?? []) != shares.emergencyNumbers {
            found.append(
                Change(
                    field: "emergencyNumbers", from: listed(current?.emergencyNumbers),
                    to: listed(shares.emergencyNumbers), by: .manifest))
        }
        if (current?.match ?? []) != shares.match {
            found.append(
                Change(
                    field: "match", from: listed(current?.match.map(\.text)), to: listed(shares.match.map(\.text)),
                    by: .manifest))
        }
        return found + changes(to: shares.instances)
    }

    private func changes(to members: [Shares.Member]) -> [Change] {
        func change(_ name: String, _ old: Shares.Member.State?, _ new: Shares.Member.State?) -> Change {
            Change(field: name, from: old?.rawValue ?? "none", to: new?.rawValue ?? "none", by: .manifest)
        }
        var gone = survey.members
        var found: [Change] = []
        for member in members {
            let old = gone.removeValue(forKey: member.name)?.state
            if old != member.state { found.append(change(member.name, old, member.state)) }
        }
        found += gone.values.map { change($0.name, $0.state, nil) }
        return found.sorted { $0.field < $1.field }
    }

    private func listed(_ items: [String]?) -> String {
        items.map { $0.isEmpty ? "none" : $0.joined(separator: ", ") } ?? "none"
    }
}

extension MatchRule {
    /// `called 49, source 10.0.0.0/8: canary`
    fileprivate var text: String {
        var conditions: [String] = []
        if let called { conditions.append("called \(called)") }
        if let caller { conditions.append("caller \(caller)") }
        if let source { conditions.append("source \(source)") }
        if let header { conditions.append(value.map { "\(header) is \($0)" } ?? "has \(header)") }
        return conditions.joined(separator: ", ") + ": \(to.rawValue)"
    }
}
