import ClusterModel
import Provisioning

/// Our Kamailios and the agents beside them: place, change, move, remove; one at a time, and only while every other one has the shares in force.
struct KamailioPlanner {
    let survey: Survey
    let nodes: NodeAssignment
    let instances: InstanceAssignment

    func plan(into draft: inout Draft) {
        guard let units = survey.units else { return }
        let isAny = survey.desired.spec.kamailio.replicas > 0 || !survey.kamailios.isEmpty
        guard isAny || !survey.dispatchers.isEmpty else { return }
        let names = survey.desired.names
        let places = places()
        var isTouched = false
        for (name, seat) in places {
            if let standing = survey.kamailio(name) {
                keep(standing, on: seat, &isTouched, into: &draft)
            } else {
                add(name, on: seat, units, into: &draft)
            }
        }
        let staying = Set(places.map(\.name))
        for standing in survey.kamailios where !staying.contains(standing.name) {
            remove(standing, "is more than the manifest asks for", &isTouched, into: &draft)
        }
        for (name, mark) in survey.dispatchers {
            guard let kamailio = names.ordinal(dispatcher: name).map(names.kamailio),
                survey.kamailio(kamailio) == nil, !staying.contains(kamailio)
            else { continue }
            draft.act(.removeKamailio(name: kamailio, node: mark.node), "its Kamailio is not there")
        }
    }

    /// The names to be and their nodes: where they stand already, else where the fewest instances are, one a node.
    private func places() -> [(name: String, seat: NodeAssignment.Seat)] {
        let names = survey.desired.names
        let wanted = (0..<survey.desired.spec.kamailio.replicas).map { names.kamailio($0 + 1) }
        let seats = Dictionary(nodes.seats.map { ($0.name, $0) }) { first, _ in first }
        var taken: [String: String] = [:]
        for name in wanted {
            guard let node = survey.kamailio(name)?.mark.node, seats[node] != nil else { continue }
            taken[node] = name
        }
        let load = Dictionary(grouping: instances.places) { $0.seat.name }.mapValues(\.count)
        var free = nodes.seats.filter { taken[$0.name] == nil }
            .sorted { (load[$0.name] ?? 0, $0.ordinal) < (load[$1.name] ?? 0, $1.ordinal) }[...]
        let standing = Dictionary(taken.map { ($0.value, $0.key) }) { first, _ in first }
        return wanted.compactMap { name in
            (standing[name].flatMap { seats[$0] } ?? free.popFirst()).map { (name, $0) }
        }
    }

    private func inputs(_ seat: NodeAssignment.Seat) -> KamailioInputs {
        let spec = survey.desired.spec
        return KamailioInputs(
            image: spec.kamailio.image, runtime: spec.kamailio.runtime, node: seat.name,
            // A standing node has the address that it was made with until it is made anew.
            address: survey.node(seat.name)?.mark.inputs.address ?? seat.address, port: spec.kamailio.listen,
            trusted: spec.kamailio.trusted, etcd: spec.connections.etcd, defaulted: spec.kamailio.defaulted)
    }

    private func definition(_ name: String, _ inputs: KamailioInputs) -> KamailioDefinition {
        let names = survey.desired.names
        return KamailioDefinition(
            name: name, dispatcher: names.dispatcher(of: name) ?? "", cluster: names.cluster, inputs: inputs)
    }

    private func add(
        _ name: String, on seat: NodeAssignment.Seat, _ units: UnitsState, into draft: inout Draft
    ) {
        let dispatcher = survey.desired.names.dispatcher(of: name) ?? ""
        let isOurs = units.units[dispatcher]?.kamailio?.cluster == survey.desired.spec.name
        for foreign in [name, dispatcher] where units.units[foreign] != nil && !(foreign == dispatcher && isOurs) {
            return draft.hold(
                name, .conflict, "place",
                because: "unit \(foreign).service is there and is not this cluster's; rename or remove it")
        }
        guard !units.lingering.contains(name), !units.lingering.contains(dispatcher) else {
            draft.wait(
                .departure(instance: name), since: nil, limit: survey.limits.departure, now: survey.now,
                assumes: "its state and its key go away", overdue: "")
            return
        }
        guard hasNode(name, seat, "place", into: &draft), draft.isInScope(name, "place") else { return }
        draft.act(.placeKamailio(definition(name, inputs(seat))), "is in the manifest and not there")
    }

    private func hasNode(
        _ name: String, _ seat: NodeAssignment.Seat, _ action: String, into draft: inout Draft
    ) -> Bool {
        if survey.hasJoined(seat.name) { return true }
        if let held = draft.heldNodes[seat.name] {
            draft.hold(
                name, held.cause, action,
                because: "its node \(seat.name) is held (\(held.action)); that comes first")
        }
        return false
    }

    private func keep(
        _ standing: Survey.Kamailio, on seat: NodeAssignment.Seat, _ isTouched: inout Bool, into draft: inout Draft
    ) {
        guard standing.mark.node == seat.name else {
            return remove(standing, "moves from \(standing.mark.node) to \(seat.name)", &isTouched, into: &draft)
        }
        guard survey.hasJoined(seat.name) else { return }
        let wanted = inputs(seat)
        var changes = wanted.changes(from: standing.mark.inputs)
        if !standing.unit.intact {
            changes.append(Change(field: "unit", from: "changed", to: "as it was put", by: .others))
        }
        if !changes.isEmpty {
            let why = changes.contains { $0.by == .manifest } ? "the manifest changed" : "somebody changed its unit"
            guard mayTouch(standing, "change", &isTouched, into: &draft) else { return }
            draft.act(.updateKamailio(definition(standing.name, wanted)), why, changes)
        } else if let why = survey.disorder(of: standing) {
            guard draft.isInScope(standing.name, "mend") else { return }
            // With what it was made from: Kamailio itself goes on where it runs.
            draft.act(.updateKamailio(definition(standing.name, standing.mark.inputs)), why)
        }
    }

    private func remove(
        _ standing: Survey.Kamailio, _ reason: String, _ isTouched: inout Bool, into draft: inout Draft
    ) {
        guard mayTouch(standing, "remove", &isTouched, into: &draft) else { return }
        draft.act(.removeKamailio(name: standing.name, node: standing.mark.node), reason)
    }

    /// Whether every other one deals by the shares as they are, so that callers find one. With none of ours left to be there is nobody to wait for.
    private func mayTouch(
        _ standing: Survey.Kamailio, _ action: String, _ isTouched: inout Bool, into draft: inout Draft
    ) -> Bool {
        guard draft.isInScope(standing.name, action) else { return false }
        guard !survey.desired.isLeaving else { return true }
        guard !isTouched else { return false }
        if let shares = survey.registry?.shares {
            let acknowledgements = Acknowledgements(survey: survey)
            // That they are waited for, or late, is said with the shares.
            guard acknowledgements.missing(shares).allSatisfy({ $0 == standing.name }) else { return false }
        }
        isTouched = true
        return true
    }
}
