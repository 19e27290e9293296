import ClusterModel
import Provisioning

/// Instances and their announcers: place, replace, move, remove.
struct UnitPlanner {
    let survey: Survey
    let assignment: InstanceAssignment
    let gate: Gate
    let destruction: Destruction
    /// What the instances of each track are made from, wherever they are.
    private let workloads: [Track: InstanceInputs]
    /// What announcers are told.
    let announcing: AnnouncerInputs

    init(survey: Survey, assignment: InstanceAssignment, gate: Gate, destruction: Destruction) {
        self.survey = survey
        self.assignment = assignment
        self.gate = gate
        self.destruction = destruction
        let spec = survey.desired.spec
        var workloads: [Track: InstanceInputs] = [:]
        for track in Track.allCases {
            let workload = survey.desired.tracks[track]?.workload ?? spec.asterisk.workload
            workloads[track] = InstanceInputs(
                image: workload.image, env: workload.env, runtime: workload.runtime, node: "",
                address: IPv4(number: 0), slot: 0, etcd: spec.connections.etcd, defaulted: workload.defaulted)
        }
        self.workloads = workloads
        announcing = survey.desired.announcing
    }

    func plan(into draft: inout Draft) {
        guard survey.areUnitsRead else { return }
        draft.noteHeldNodes()
        draft.step.holds += assignment.holds
        // What is held off from calls already is finished before another begins; what has no calls goes quickest.
        let calls = survey.registry?.calls ?? [:]
        let places = assignment.places.ranked { place in
            guard let instance = place.instance else {
                return survey.isDraining(place.name) ? 0 : calls[place.name]?.calls == 0 ? 1 : 2
            }
            return instance.isDraining ? 0 : instance.isIdle ? 1 : 2
        }
        for place in places {
            if let instance = place.instance {
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
        let address = place.seat.node?.mark.inputs.address ?? place.seat.address
        return inputs(track, node: place.seat.name, address: address, slot: place.slot)
    }

    private func inputs(_ track: Track, node: String, address: IPv4, slot: Int) -> InstanceInputs {
        guard var inputs = workloads[track] else { preconditionFailure("every track has a workload") }
        inputs.node = node
        inputs.address = address
        inputs.slot = slot
        return inputs
    }

    /// An instance that is to be put; its unit is drawn up here, for its hash.
    private func definition(
        _ place: InstanceAssignment.Place, _ track: Track, _ inputs: InstanceInputs
    ) -> InstanceDefinition {
        let cluster = survey.names.cluster
        return InstanceDefinition(
            name: place.name, announcer: survey.names.announcer(place.ordinal), cluster: cluster, track: track,
            inputs: inputs, hash: InstanceUnits.hash(name: place.name, cluster: cluster, inputs: inputs),
            announcing: announcing)
    }

    private func add(_ place: InstanceAssignment.Place, into draft: inout Draft) {
        let isGone = survey.units?.lingering.contains(place.name) == false && !survey.isStopping(place.name)
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
        if place.seat.node?.hasJoined == true { return true }
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
            move(place, instance, into: &draft)
        } else if !changes.isEmpty {
            replace(place, instance, with: wanted, changes, into: &draft)
        } else if !instance.unit.launched {
            // With what it was made from, also where a newer version would choose otherwise.
            draft.act(.placeInstance(definition(place, mark.track, mark.inputs)), "somebody stopped it")
        } else {
            announce(instance, into: &draft)
        }
    }

    private func move(
        _ place: InstanceAssignment.Place, _ instance: Survey.Instance, into draft: inout Draft
    ) {
        let mark = instance.mark
        let why = "moves from \(mark.node) to \(place.seat.name)"
        guard draft.allows(destruction, "move", of: place.name) else { return }
        guard hasNode(place, "move", into: &draft), isFree(place) else { return }
        if mayDisrupt(instance, "move", into: &draft) {
            draft.act(
                .removeInstance(name: place.name, node: mark.node), told(why, instance),
                [Change(field: "node", from: mark.node, to: place.seat.name, by: .manifest)],
                cuts: gate.cuts([instance]))
        }
    }

    private func replace(
        _ place: InstanceAssignment.Place, _ instance: Survey.Instance, with wanted: InstanceInputs,
        _ changes: [Change],
        into draft: inout Draft
    ) {
        let why = changes.contains { $0.by == .manifest } ? "the manifest changed" : "somebody changed its unit"
        guard draft.allows(destruction, "replace", of: place.name) else { return }
        guard place.seat.node?.hasJoined == true else { return }
        if mayDisrupt(instance, "replace", into: &draft) {
            draft.act(
                .replaceInstance(definition(place, instance.mark.track, wanted)), told(why, instance), changes,
                cuts: gate.cuts([instance]))
        }
    }

    /// A reason, with what was not believed.
    private func told(_ reason: String, _ instance: Survey.Instance) -> String {
        gate.ghosts(instance).map { "\(reason); \($0)" } ?? reason
    }

    private func mayDisrupt(_ instance: Survey.Instance, _ action: String, into draft: inout Draft) -> Bool {
        let name = instance.name
        let verdict = gate.verdict(instance)
        switch verdict {
        case .open, .drainFirst: break
        case .waiting(let waits):
            draft.await(waits)
            draft.keep(heldOff: [instance])
            return false
        case .held(let cause, let because):
            hold(instance, cause, action, because, into: &draft)
            draft.keep(heldOff: [instance])
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
        _ instance: Survey.Instance, _ cause: Hold.Cause, _ action: String, _ because: String,
        into draft: inout Draft
    ) {
        let name = instance.name
        guard cause == .calls, instance.calls == nil, let announcer = instance.announcerName, instance.isHoused
        else {
            draft.hold(name, cause, action, because: because)
            return
        }
        guard !mendAnnouncer(announcer, of: instance, into: &draft) else { return }
        let (since, limit) = beginning(instance)
        // By the node's clock: one that is ahead puts nothing off.
        let registered = instance.record?.since ?? since
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
        guard let instance = survey.instance(name) else { return }
        draft.touched.insert(name)
        switch gate.verdict(instance) {
        case .held(let cause, let because): hold(instance, cause, "remove", because, into: &draft)
        case .drainFirst: draft.drains.insert(name)
        case .waiting(let waits): draft.await(waits)
        case .open:
            draft.act(
                .removeInstance(name: name, node: instance.mark.node), told(reason, instance),
                cuts: gate.cuts([instance]))
        }
    }
}
