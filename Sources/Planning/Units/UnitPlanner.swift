import ClusterModel
import Provisioning

/// Instances and their announcers: place, replace, move, remove.
struct UnitPlanner {
    let survey: Survey
    let assignment: InstanceAssignment
    let gate: Gate
    let destruction: Destruction

    func plan(into draft: inout Draft) {
        guard survey.units != nil else { return }
        draft.noteHeldNodes()
        draft.step.holds += assignment.holds
        // What is held off from calls already is finished before another begins; what has no calls goes quickest.
        let places = assignment.places.ranked { place in
            survey.isDraining(place.name) ? 0 : survey.isIdle(place.name) ? 1 : 2
        }
        for place in places {
            if let instance = survey.instance(place.name) {
                keep(place, instance, into: &draft)
            } else {
                add(place, into: &draft)
            }
        }
        for name in assignment.unseen { sayUnseen(name, into: &draft) }
        for name in assignment.leaving { leave(name, "is more than the manifest asks for", into: &draft) }
        orphans(into: &draft)
    }

    /// What the instance of a place is made from.
    private func inputs(_ place: InstanceAssignment.Place, _ track: Track) -> InstanceInputs {
        // A standing node has the address that it was made with until it is made anew.
        let address = survey.node(place.seat.name)?.mark.inputs.address ?? place.seat.address
        return inputs(track, node: place.seat.name, address: address, slot: place.slot)
    }

    private func inputs(_ track: Track, node: String, address: IPv4, slot: Int) -> InstanceInputs {
        let spec = survey.desired.spec
        let workload = survey.desired.tracks[track]?.workload ?? spec.asterisk.workload
        return InstanceInputs(
            image: workload.image, env: workload.env, runtime: workload.runtime, node: node, address: address,
            slot: slot, etcd: spec.connections.etcd, defaulted: workload.defaulted)
    }

    /// An instance that is to be put; its unit is drawn up here, for its hash.
    private func definition(
        _ place: InstanceAssignment.Place, _ track: Track, _ inputs: InstanceInputs
    ) -> InstanceDefinition {
        let cluster = survey.desired.spec.name
        return InstanceDefinition(
            name: place.name, announcer: survey.desired.names.announcer(place.ordinal), cluster: cluster, track: track,
            inputs: inputs, hash: InstanceUnits.hash(name: place.name, cluster: cluster, inputs: inputs),
            announcing: survey.desired.announcing)
    }

    private func add(_ place: InstanceAssignment.Place, into draft: inout Draft) {
        let isGone =
            survey.units?.lingering.contains(place.name) == false && survey.registry?.instances[place.name] == nil
        guard isGone else {
            draft.wait(
                .departure(instance: place.name), since: nil, limit: survey.limits.departure, now: survey.now,
                assumes: "its state and its key go away", overdue: "")
            return
        }
        guard hasNode(place, "place", into: &draft), isFree(place) else { return }
        let definition = definition(place, place.track, inputs(place, place.track))
        draft.act(.placeInstance(definition), "is in the manifest and not there")
    }

    /// Whether its node is there. One that is on its way is waited for; one that is held holds what is to stand on it.
    private func hasNode(_ place: InstanceAssignment.Place, _ action: String, into draft: inout Draft) -> Bool {
        if survey.hasJoined(place.seat.name) { return true }
        if let held = draft.heldNodes[place.seat.name] {
            draft.hold(
                place.name, held.cause, action,
                because: "its node \(place.seat.name) is held (\(held.action)); that comes first")
        }
        return false
    }

    /// Whether no other instance stands there: one that is leaving, or is held, has the place's ports until it is gone.
    private func isFree(_ place: InstanceAssignment.Place) -> Bool {
        !(survey.instancesByNode[place.seat.name] ?? []).contains {
            $0.name != place.name && $0.mark.inputs.slot == place.slot
        }
    }

    private func keep(_ place: InstanceAssignment.Place, _ instance: Survey.Instance, into draft: inout Draft) {
        // Its node is in hand.
        guard !draft.lowered.contains(place.name) else { return }
        let mark = instance.mark
        let wanted = inputs(place, mark.track)
        var changes = wanted.changes(from: mark.inputs)
        if !instance.unit.intact {
            changes.append(Change(field: "unit", from: "changed", to: "as it was put", by: .others))
        }
        if mark.node != place.seat.name {
            move(place, mark, into: &draft)
        } else if !changes.isEmpty {
            replace(place, mark, with: wanted, changes, into: &draft)
        } else if !instance.unit.launched {
            // With what it was made from, also where a newer version would choose otherwise.
            draft.act(.placeInstance(definition(place, mark.track, mark.inputs)), "somebody stopped it")
        } else {
            announce(instance, by: survey.desired.names.announcer(place.ordinal), into: &draft)
        }
    }

    private func move(
        _ place: InstanceAssignment.Place, _ mark: UnitMark, into draft: inout Draft
    ) {
        let why = "moves from \(mark.node) to \(place.seat.name)"
        guard draft.allows(destruction, "move", of: place.name) else { return }
        guard hasNode(place, "move", into: &draft), isFree(place) else { return }
        if mayDisrupt(place.name, "move", into: &draft) {
            draft.act(
                .removeInstance(name: place.name, node: mark.node), told(why, place.name),
                [Change(field: "node", from: mark.node, to: place.seat.name, by: .manifest)],
                cuts: gate.cuts([place.name]))
        }
    }

    private func replace(
        _ place: InstanceAssignment.Place, _ mark: UnitMark, with wanted: InstanceInputs, _ changes: [Change],
        into draft: inout Draft
    ) {
        let why = changes.contains { $0.by == .manifest } ? "the manifest changed" : "somebody changed its unit"
        guard draft.allows(destruction, "replace", of: place.name) else { return }
        guard survey.hasJoined(wanted.node) else { return }
        if mayDisrupt(place.name, "replace", into: &draft) {
            draft.act(
                .replaceInstance(definition(place, mark.track, wanted)), told(why, place.name), changes,
                cuts: gate.cuts([place.name]))
        }
    }

    /// A reason, with what was not believed.
    private func told(_ reason: String, _ name: String) -> String {
        gate.ghosts(name).map { "\(reason); \($0)" } ?? reason
    }

    private func mayDisrupt(_ name: String, _ action: String, into draft: inout Draft) -> Bool {
        let verdict = gate.verdict(name)
        switch verdict {
        case .open, .drainFirst: break
        case .waiting(let waits):
            draft.await(waits)
            draft.keep(heldOff: [name], survey)
            return false
        case .held(let cause, let because):
            hold(name, cause, action, because, into: &draft)
            draft.keep(heldOff: [name], survey)
            return false
        }
        guard draft.capacity.take([name]) else {
            draft.refusals.append(draft.capacity.refusal(name, action))
            return false
        }
        draft.touched.insert(name)
        if verdict == .drainFirst { draft.drains.insert(name) }
        return verdict == .open
    }

    /// Says why an instance is not touched. One that does not report yet is waited for, and gets its announcer back first.
    private func hold(
        _ name: String, _ cause: Hold.Cause, _ action: String, _ because: String, into draft: inout Draft
    ) {
        guard cause == .calls, survey.registry?.calls[name] == nil, let instance = survey.instance(name),
            let announcer = instance.ordinal.map(survey.desired.names.announcer),
            survey.hasJoined(instance.mark.node)
        else {
            draft.hold(name, cause, action, because: because)
            return
        }
        guard !mendAnnouncer(announcer, of: instance, into: &draft) else { return }
        let (since, limit) = beginning(instance.mark, survey.announcer(announcer)?.mark)
        // By the node's clock: one that is ahead puts nothing off.
        let registered = survey.registry?.instances[name]?.since ?? since
        let begun = registered <= survey.now ? max(since, registered) : since
        if survey.now < begun.advanced(bySeconds: limit) {
            draft.step.waits.append(
                Wait(.registration(instance: name), since: begun, limit: limit, assumes: "starts and registers"))
        } else {
            draft.hold(name, cause, action, because: because)
        }
    }

    /// Why it is not known which instances are up; `nil`: it is.
    private var unread: String? {
        let names = survey.observed.hypervisors.filter { $0.value.value == nil }.keys.sorted()
        guard !names.isEmpty else { return nil }
        return "hypervisor \(names.joined(separator: ", ")) cannot be read: which instances are up is not known"
    }

    /// Where its node cannot be seen an instance stays as it is; that it should be another is said.
    private func sayUnseen(_ name: String, into draft: inout Draft) {
        guard let mark = survey.instance(name)?.mark, let unread else { return }
        let wanted = inputs(mark.track, node: mark.node, address: mark.inputs.address, slot: mark.inputs.slot)
        guard !wanted.changes(from: mark.inputs).isEmpty else { return }
        draft.hold(name, .unknown, "replace", because: unread)
    }

    private func leave(_ name: String, _ reason: String, into draft: inout Draft) {
        guard draft.allows(destruction, "remove", of: name) else { return }
        if let unread { return draft.hold(name, .unknown, "remove", because: unread) }
        draft.touched.insert(name)
        switch gate.verdict(name) {
        case .held(let cause, let because): hold(name, cause, "remove", because, into: &draft)
        case .drainFirst: draft.drains.insert(name)
        case .waiting(let waits): draft.await(waits)
        case .open:
            draft.act(
                .removeInstance(name: name, node: survey.instance(name)?.mark.node ?? ""),
                told(reason, name),
                cuts: gate.cuts([name]))
        }
    }
}
