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
        draft.step.holds += assignment.holds
        // What is held off from calls already is finished before another begins; what has no calls goes quickest.
        let (begun, others) = assignment.places.partitioned { survey.isDraining($0.name) }
        let (idle, busy) = others.partitioned { survey.isIdle($0.name) }
        for place in begun + idle + busy {
            if let unit = survey.instance(place.name), let mark = unit.mark {
                keep(place, unit, mark, into: &draft)
            } else {
                add(place, into: &draft)
            }
        }
        for name in assignment.leaving { leave(name, "is more than the manifest asks for", into: &draft) }
        orphans(into: &draft)
    }

    private func definition(_ place: InstanceAssignment.Place, track: Track) -> InstanceDefinition {
        let spec = survey.desired.spec
        let workload = survey.desired.tracks[track]?.workload ?? spec.asterisk.workload
        let inputs = InstanceInputs(
            image: workload.image, env: workload.env, runtime: workload.runtime, node: place.seat.name,
            // A standing node has the address that it was made with until it is made anew.
            address: survey.nodes[place.seat.name]?.mark.inputs.address ?? place.seat.address, slot: place.slot,
            etcd: spec.connections.etcd,
            defaulted: workload.defaulted)
        return InstanceDefinition(
            name: place.name, announcer: survey.desired.names.announcer(place.ordinal), cluster: spec.name,
            track: track, inputs: inputs,
            hash: InstanceUnits.hash(name: place.name, cluster: spec.name, inputs: inputs))
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
        guard survey.hasJoined(place.seat.name), isFree(place) else { return }
        draft.act(.placeInstance(definition(place, track: place.track)), "is in the manifest and not there")
    }

    /// Whether no other instance stands there: one that is leaving, or is held, has the place's ports until it is gone.
    private func isFree(_ place: InstanceAssignment.Place) -> Bool {
        !(survey.instancesByNode[place.seat.name] ?? []).contains {
            $0 != place.name && survey.instance($0)?.mark?.inputs.slot == place.slot
        }
    }

    private func keep(
        _ place: InstanceAssignment.Place, _ unit: UnitState, _ mark: UnitMark, into draft: inout Draft
    ) {
        // Its node is in hand.
        guard !draft.lowered.contains(place.name) else { return }
        let wanted = definition(place, track: mark.track)
        var changes = wanted.inputs.changes(from: mark.inputs)
        if !unit.intact {
            changes.append(Change(field: "unit", from: "changed", to: "as it was put", by: .others))
        }
        if mark.node != place.seat.name {
            move(place, mark, into: &draft)
        } else if !changes.isEmpty {
            replace(wanted, changes, into: &draft)
        } else if !unit.launched {
            draft.act(.placeInstance(standing(wanted, mark)), "somebody stopped it")
        } else {
            announce(standing(wanted, mark), mark, into: &draft)
        }
    }

    /// The definition of a unit that stays as it is: with what it was made from, also where a newer version would write it otherwise.
    private func standing(_ wanted: InstanceDefinition, _ mark: UnitMark) -> InstanceDefinition {
        var definition = wanted
        definition.inputs = mark.inputs
        definition.hash = mark.hash
        return definition
    }

    private func move(
        _ place: InstanceAssignment.Place, _ mark: UnitMark, into draft: inout Draft
    ) {
        let why = "moves from \(mark.node) to \(place.seat.name)"
        guard draft.allows(destruction, "move", of: place.name) else { return }
        guard survey.hasJoined(place.seat.name), isFree(place) else { return }
        if mayDisrupt(place.name, "move", into: &draft) {
            draft.act(
                .removeInstance(name: place.name, node: mark.node), why,
                [Change(field: "node", from: mark.node, to: place.seat.name, by: .manifest)],
                cuts: gate.cuts([place.name]))
        }
    }

    private func replace(
        _ wanted: InstanceDefinition, _ changes: [Change], into draft: inout Draft
    ) {
        let why = changes.contains { $0.by == .manifest } ? "the manifest changed" : "somebody changed its unit"
        guard draft.allows(destruction, "replace", of: wanted.name) else { return }
        guard survey.hasJoined(wanted.inputs.node) else { return }
        if mayDisrupt(wanted.name, "replace", into: &draft) {
            draft.act(.replaceInstance(wanted), why, changes, cuts: gate.cuts([wanted.name]))
        }
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
        guard cause == .calls, survey.registry?.calls[name] == nil, let mark = survey.instance(name)?.mark,
            let announcer = survey.desired.names.announcer(of: name), survey.hasJoined(mark.node)
        else {
            draft.hold(name, cause, action, because: because)
            return
        }
        let definition = InstanceDefinition(
            name: name, announcer: announcer, cluster: survey.desired.spec.name, track: mark.track,
            inputs: mark.inputs, hash: mark.hash)
        guard !mendAnnouncer(of: definition, mark, into: &draft) else { return }
        let (since, limit) = beginning(mark, survey.announcer(announcer)?.mark)
        let begun = max(since, survey.registry?.instances[name]?.since ?? since)
        if survey.now < begun.advanced(bySeconds: limit) {
            draft.step.waits.append(
                Wait(.registration(instance: name), since: begun, limit: limit, assumes: "starts and registers"))
        } else {
            draft.hold(name, cause, action, because: because)
        }
    }

    /// The announcer beside a standing instance, and the instance's registration.
    private func announce(_ definition: InstanceDefinition, _ mark: UnitMark, into draft: inout Draft) {
        guard survey.hasJoined(mark.node), !mendAnnouncer(of: definition, mark, into: &draft),
            !survey.isUp(definition.name)
        else { return }
        let (since, limit) = beginning(mark, survey.announcer(definition.announcer)?.mark)
        draft.wait(
            .registration(instance: definition.name), since: since, limit: limit, now: survey.now,
            assumes: "starts and registers", overdue: notRegistered(definition, mark, after: limit))
    }

    /// Puts the announcer back where it is not as it should be; `false`: it is.
    private func mendAnnouncer(
        of definition: InstanceDefinition, _ mark: UnitMark, into draft: inout Draft
    ) -> Bool {
        let announcer = survey.announcer(definition.announcer)
        let foreign = announcer == nil && survey.units?.units[definition.announcer] != nil
        if foreign {
            draft.hold(
                definition.announcer, .conflict, "place",
                because: "unit \(definition.announcer).service is there and is not this cluster's; rename or remove it")
        } else if announcer?.mark?.announces != mark.hash || announcer?.intact != true || announcer?.launched != true {
            draft.act(
                .placeAnnouncer(definition),
                announcer == nil ? "its announcer is not there" : "its announcer was changed")
        } else {
            return false
        }
        return true
    }

    /// When the wait for a registration began, and how long it may take: a node that was started has to join first.
    private func beginning(_ mark: UnitMark, _ announcer: UnitMark?) -> (since: Instant, limit: Int) {
        let put = max(mark.putAt, announcer?.putAt ?? mark.putAt)
        let limits = survey.limits
        guard let startedAt = survey.nodes[mark.node]?.mark.startedAt,
            startedAt.advanced(bySeconds: limits.join) > put
        else { return (put, limits.registration) }
        return (startedAt, limits.join + limits.registration)
    }

    private func notRegistered(_ definition: InstanceDefinition, _ mark: UnitMark, after limit: Int) -> String {
        let said: String =
            switch survey.instance(definition.name)?.run {
            case .running: "it runs"
            case .failed: "its service failed"
            case .stopped: "its service is stopped"
            case .unreported, nil: "no state is reported for it"
            }
        return """
            \(said) on \(mark.node), but it has not registered after \(limit) s; \
            look at the journals of \(definition.name) and \(definition.announcer)
            """
    }

    private func leave(_ name: String, _ reason: String, into draft: inout Draft) {
        guard draft.allows(destruction, "remove", of: name) else { return }
        let unread = survey.observed.hypervisors.filter { $0.value.value == nil }.keys.sorted()
        guard unread.isEmpty else {
            draft.hold(
                name, .unknown, "remove",
                because:
                    "hypervisor \(unread.joined(separator: ", ")) cannot be read: which instances are up is not known")
            return
        }
        draft.touched.insert(name)
        switch gate.verdict(name) {
        case .held(let cause, let because): hold(name, cause, "remove", because, into: &draft)
        case .drainFirst: draft.drains.insert(name)
        case .waiting(let waits): draft.await(waits)
        case .open:
            draft.act(
                .removeInstance(name: name, node: survey.instance(name)?.mark?.node ?? ""), reason,
                cuts: gate.cuts([name]))
        }
    }

    /// Announcers of ours beside which no instance stands.
    private func orphans(into draft: inout Draft) {
        let expected = Set(survey.instances.compactMap(survey.desired.names.announcer(of:)))
        let arriving = Set(assignment.places.map { survey.desired.names.announcer($0.ordinal) })
        let ours = survey.units?.units.filter { _, unit in
            unit.mark?.cluster == survey.desired.spec.name && unit.mark?.component == .announcer
        }
        for name in (ours ?? [:]).keys.sorted() where !expected.contains(name) && !arriving.contains(name) {
            draft.act(.removeAnnouncer(name: name), "no instance stands beside it")
        }
    }
}
