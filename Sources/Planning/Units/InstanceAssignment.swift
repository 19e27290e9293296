import ClusterModel

/// Which instances there are to be, and where: those that stay, those that go, and new ones on nodes with room.
struct InstanceAssignment {
    struct Place {
        var name: String
        var ordinal: Int
        var track: Track
        var seat: NodeAssignment.Seat
        var slot: Int
        /// What stands there, or elsewhere by that name.
        var instance: Survey.Instance?
    }

    /// In their numbers' order.
    var places: [Place] = []
    /// Names of standing instances that are more than the manifest asks for.
    var leaving: [String] = []
    /// Standing instances on nodes that may be there, on a hypervisor that cannot be read: they stay where they are.
    var unseen: [String] = []
    var holds: [Hold] = []

    init(_ survey: Survey, nodes: NodeAssignment) {
        var missing: [Track] = []
        var victims: Set<String> = []
        for track in Track.allCases {
            let standing = survey.instances.filter { $0.ordinal != nil && $0.mark.track == track }
            let wanted = survey.desired.tracks[track]?.replicas ?? 0
            let going = Self.victims(standing, beyond: wanted, survey)
            leaving += going.isEmpty ? [] : standing.map(\.name).filter(going.contains)
            victims.formUnion(going)
            missing += Array(repeating: track, count: max(0, wanted - standing.count))
        }
        leaving += survey.instances.lazy.filter { $0.ordinal == nil }.map(\.name)
        var room = NodeRoom(nodes.seats, perNode: survey.desired.spec.asterisk.perNode)
        keepPlaces(victims, &room, survey)
        let homeless = homeless(survey) + newcomers(missing, survey)
        for instance in homeless {
            guard let place = room.take() else {
                holds.append(
                    Hold(instance.name, .capacity, action: "place", because: room.explanation(survey)))
                continue
            }
            places.append(
                Place(
                    name: instance.name, ordinal: instance.ordinal, track: instance.track, seat: place.seat,
                    slot: place.slot, instance: instance.instance))
        }
        places.sort { $0.ordinal < $1.ordinal }
    }

    private typealias Newcomer = (name: String, ordinal: Int, track: Track, instance: Survey.Instance?)

    /// Who has a place keeps it, where its node stays and has it.
    private mutating func keepPlaces(_ victims: Set<String>, _ room: inout NodeRoom, _ survey: Survey) {
        places.reserveCapacity(survey.instances.count)
        for (index, seat) in room.seats.enumerated() {
            for instance in seat.node?.instances ?? survey.instancesByNode[seat.name] ?? [] {
                let slot = instance.mark.inputs.slot
                guard let ordinal = instance.ordinal, !victims.contains(instance.name), room.keep(index, slot: slot)
                else { continue }
                places.append(
                    Place(
                        name: instance.name, ordinal: ordinal, track: instance.mark.track, seat: seat, slot: slot,
                        instance: instance))
            }
        }
    }

    /// Those that stay and have no place.
    private mutating func homeless(_ survey: Survey) -> [Newcomer] {
        guard places.count + leaving.count < survey.instances.count else { return [] }
        var found: [Newcomer] = []
        let settled = Set(places.lazy.map(\.name)).union(leaving)
        for instance in survey.instances where !settled.contains(instance.name) {
            if survey.mayStandUnseen(instance.mark.node) {
                unseen.append(instance.name)
            } else if let ordinal = instance.ordinal {
                found.append((instance.name, ordinal, instance.mark.track, instance))
            }
        }
        return found
    }

    /// Those to give up: first what is not up, then those with the fewest calls, then the highest numbers.
    private static func victims(
        _ standing: [Survey.Instance], beyond wanted: Int, _ survey: Survey
    ) -> Set<String> {
        guard standing.count > wanted else { return [] }
        func cost(_ instance: Survey.Instance) -> (Int, Int, Int) {
            (survey.isUp(instance) ? 1 : 0, instance.calls?.calls ?? 0, -(instance.ordinal ?? 0))
        }
        let ordered = standing.map { (name: $0.name, cost: cost($0)) }.sorted { $0.cost < $1.cost }
        return Set(ordered.prefix(standing.count - wanted).map(\.name))
    }

    /// Names for new instances: the lowest numbers that nothing has.
    private mutating func newcomers(
        _ tracks: [Track], _ survey: Survey
    ) -> [Newcomer] {
        var found: [Newcomer] = []
        var ordinal = 0
        var name = ""
        for track in tracks {
            repeat {
                ordinal += 1
                name = survey.names.instance(ordinal)
            } while survey.instance(name) != nil
            if let foreign = Self.foreign(name, survey.names.announcer(ordinal), survey) {
                holds.append(
                    Hold(
                        name, .conflict, action: "place",
                        because: "unit \(foreign).service is there and is not this cluster's; rename or remove it"))
            } else {
                found.append((name, ordinal, track, nil))
            }
        }
        return found
    }

    private static func foreign(_ name: String, _ announcer: String, _ survey: Survey) -> String? {
        guard let units = survey.units?.units, !units.isEmpty else { return nil }
        if units.index(forKey: name) != nil { return name }
        if units.index(forKey: announcer) != nil, survey.announcer(announcer) == nil { return announcer }
        return nil
    }
}

/// The free places on the nodes. New instances go where the fewest are.
struct NodeRoom {
    let seats: [NodeAssignment.Seat]
    private let perNode: Int
    /// Of each seat in turn, whether its places are taken.
    private var isTaken: [Bool]
    /// How many places of each seat are taken.
    private var counts: [Int]
    /// Where the search for a node with `level` instances goes on.
    private var level = 0
    private var position = 0

    init(_ seats: [NodeAssignment.Seat], perNode: Int) {
        self.seats = seats
        self.perNode = perNode
        isTaken = Array(repeating: false, count: seats.count * perNode)
        counts = Array(repeating: 0, count: seats.count)
    }

    /// Takes a place that is free.
    mutating func keep(_ seat: Int, slot: Int) -> Bool {
        guard (0..<perNode).contains(slot), !isTaken[seat * perNode + slot] else { return false }
        isTaken[seat * perNode + slot] = true
        counts[seat] += 1
        return true
    }

    /// A place on the first of the nodes with the fewest instances.
    mutating func take() -> (seat: NodeAssignment.Seat, slot: Int)? {
        while level < perNode {
            while position < seats.count {
                let index = position
                position += 1
                guard counts[index] <= level, let slot = (0..<perNode).first(where: { keep(index, slot: $0) }) else {
                    continue
                }
                return (seats[index], slot)
            }
            level += 1
            position = 0
        }
        return nil
    }

    /// Why nothing fits, node by node.
    func explanation(_ survey: Survey) -> String {
        guard !seats.isEmpty else { return "there is no node for it" }
        let reasons = zip(seats, counts).prefix(8).map { "\($0.name) has \($1) of \(perNode)" }
        let more = seats.count > 8 ? ", and \(seats.count - 8) more nodes are as full" : ""
        return "no node has room: \(reasons.joined(separator: ", "))\(more); add nodes or raise asterisk.perNode"
    }
}
