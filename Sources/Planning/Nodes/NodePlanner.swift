import ClusterModel

/// Nodes: create, finish, start, change, replace, destroy.
struct NodePlanner {
    let survey: Survey
    let assignment: NodeAssignment
    let gate: Gate
    let destruction: Destruction

    func plan(into draft: inout Draft) {
        draft.step.holds += assignment.holds
        unreadable(into: &draft)
        var budget = DisruptionBudget(
            "nodes.rollout.maxUnavailable", limit: survey.desired.spec.nodes.maxUnavailable,
            down: assignment.seats.count { !survey.hasJoined($0.name) })
        let blueprint = NodeBlueprint(survey)
        // What is held off from calls already is finished before another begins; what has no calls goes quickest.
        let seats = assignment.seats.ranked { seat in
            let instances = survey.instancesByNode[seat.name] ?? []
            if instances.contains(where: \.isDraining) { return 0 }
            return instances.allSatisfy { survey.isIdle($0.name) } ? 1 : 2
        }
        for seat in seats {
            let node = survey.node(seat.name)
            switch blueprint.sketch(of: seat, before: node) {
            case .held(let cause, let because, let location):
                if let node { settle(node, into: &draft) }
                draft.hold(
                    seat.name, cause, node == nil ? "create" : "compare", because: because, location: location)
            case .ready(let sketch):
                if let node {
                    keep(node, as: sketch, &budget, into: &draft)
                } else {
                    create(sketch.definition, into: &draft)
                }
            }
        }
        for node in assignment.leaving { leave(node, into: &draft) }
        draft.refusals += budget.refusals
    }

    /// Marks of ours that this version cannot read, wherever they stand.
    private func unreadable(into draft: inout Draft) {
        for (_, reading) in survey.observed.hypervisors.sorted(by: { $0.key < $1.key }) {
            var reasons: [(name: String, reason: String)] = []
            for (name, domain) in reading.value?.domains ?? [:] {
                guard case .unreadable(let reason, survey.desired.spec.name) = domain.mark else { continue }
                reasons.append((name, reason))
            }
            for (name, reason) in reasons.sorted(by: { $0.name < $1.name }) {
                draft.hold(name, .conflict, "change", because: "its mark cannot be read: \(reason)")
            }
        }
    }

    private func create(_ definition: NodeDefinition, into draft: inout Draft) {
        if let conflict = ResourceConflict.find(for: definition, survey) {
            draft.hold(definition.name, .conflict, "create", because: conflict.because, location: conflict.location)
        } else {
            draft.act(.createNode(definition), "is in the manifest and not there")
        }
    }

    private func keep(
        _ node: Survey.Node, as sketch: NodeSketch, _ budget: inout DisruptionBudget, into draft: inout Draft
    ) {
        switch NodeJudgement(node, as: sketch, survey) {
        case .fine:
            settle(node, into: &draft)
        case .complete(let reason):
            guard hasImage(sketch, "complete", into: &draft) else { return }
            draft.act(.completeNode(node.reference, sketch.definition), reason)
        case .start(let reason):
            draft.act(.startNode(sketch.restored(node)), reason)
        case .update(let reason, let changes):
            draft.act(.updateNode(sketch.restored(node)), reason, changes)
            settle(node, into: &draft)
        case .restart(let reason, let changes):
            guard draft.isInScope(node.name, "restart") else { return settle(node, into: &draft) }
            if mayDisrupt(node, "restart", &budget, into: &draft) {
                draft.act(.restartNode(sketch.restarted(node)), reason, changes, cuts: cuts(node))
            }
        case .replace(let reason, let changes):
            guard draft.allows(destruction, "replace", of: node.name) else { return }
            guard hasImage(sketch, "replace", into: &draft) else { return }
            if mayDisrupt(node, "replace", &budget, into: &draft) {
                draft.act(.replaceNode(node.reference, sketch.definition), reason, changes, cuts: cuts(node))
            }
        case .stuck(let because):
            draft.hold(
                node.name, survey.doubled.contains(node.name) ? .conflict : .drift, "change", because: because)
        }
    }

    private func cuts(_ node: Survey.Node) -> Int { gate.cuts(gate.instances(on: node.name)) }

    /// A node is not taken away for an image that could not be read.
    private func hasImage(_ sketch: NodeSketch, _ action: String, into draft: inout Draft) -> Bool {
        guard let upload = sketch.upload, upload.file.sha256.isEmpty else { return true }
        draft.hold(
            sketch.seat.name, .environment, action, because: "image \(upload.path) cannot be read",
            location: survey.desired.spec.locations["spec.nodes.image"])
        return false
    }

    private func mayDisrupt(
        _ node: Survey.Node, _ action: String, _ budget: inout DisruptionBudget, into draft: inout Draft
    ) -> Bool {
        let instances = gate.instances(on: node.name)
        let verdict = gate.verdict(node: node.name)
        switch verdict {
        case .open, .drainFirst: break
        case .waiting(let waits):
            draft.await(waits)
            draft.keep(heldOff: instances, survey)
            return false
        case .held(let cause, let because):
            draft.hold(node.name, cause, action, because: because)
            draft.keep(heldOff: instances, survey)
            return false
        }
        guard budget.take(node.name, action, isDown: !node.hasJoined) else { return false }
        guard draft.capacity.take(instances) else {
            draft.refusals.append(draft.capacity.refusal(node.name, action))
            return false
        }
        draft.touched.formUnion(instances)
        draft.lowered.formUnion(instances)
        if verdict == .drainFirst { draft.drains.formUnion(instances) }
        return verdict == .open
    }

    private func leave(_ node: Survey.Node, into draft: inout Draft) {
        guard !survey.doubled.contains(node.name) else {
            draft.hold(
                node.name, .conflict, "destroy",
                because: "a domain of its name stands on another hypervisor too; remove the one that is too much")
            return
        }
        guard draft.allows(destruction, "destroy", of: node.name) else { return }
        guard node.domain.persistent else {
            // Once it stops, nothing would say what it owned.
            draft.act(.updateNode(node.definition), "its domain was undefined while it ran")
            return
        }
        let instances = gate.instances(on: node.name)
        let verdict = gate.verdict(node: node.name)
        if case .held(let cause, let because) = verdict {
            draft.hold(node.name, cause, "destroy", because: because)
        } else if !instances.isEmpty, !survey.isProvedOff(node.name) {
            // They move first, as many at a time as may be down; the unit planner sees to that.
            return
        } else if verdict == .drainFirst {
            draft.touched.formUnion(instances)
            draft.drains.formUnion(instances)
        } else if haveGone(from: node, into: &draft) {
            draft.touched.formUnion(instances)
            draft.act(.destroyNode(node.reference), "is more than the manifest asks for")
        }
    }

    /// Waits for instances whose units are gone to stop: they may have calls to the last.
    private func haveGone(from node: Survey.Node, into draft: inout Draft) -> Bool {
        guard !survey.isProvedOff(node.name), let stopping = survey.stopping[node.name] else { return true }
        for instance in stopping {
            draft.wait(
                .departure(instance: instance), since: nil, limit: survey.limits.departure, now: survey.now,
                assumes: "its state and its key go away", overdue: "")
        }
        return false
    }

    /// Waits for a node that runs, or is about to, to join.
    private func settle(_ node: Survey.Node, into draft: inout Draft) {
        guard survey.units != nil, !node.hasJoined, node.domain.run == .running || node.domain.run == .starting
        else { return }
        draft.wait(
            .join(node: node.name), since: node.mark.startedAt, limit: survey.limits.join, now: survey.now,
            assumes: "boots and joins", overdue: hasNotJoined(node))
    }

    private func hasNotJoined(_ node: Survey.Node) -> String {
        let looks = node.domain.guestHostname.flatMap { name in
            name == node.name ? nil : "its guest agent says that it is called '\(name)'"
        }
        let missing = looks ?? "fleet lists no machine with dialtone-node=\(node.name)"
        return """
            it runs, but \(missing) after \(survey.limits.join) s \
            (MAC \(node.mark.owns.reservation.mac), address \(node.mark.inputs.address)); \
            look at its console with virsh console \(node.name)
            """
    }
}
