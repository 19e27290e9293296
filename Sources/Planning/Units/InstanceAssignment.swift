import ClusterModel

/// Which instances there are to be, and where: those that stay, those that go, and new ones on nodes with room.
struct InstanceAssignment {
    struct Place {
        var name: String
        var ordinal: Int
        var track: Track
        var seat: NodeAssignment.Seat
        var slot: Int
    }

    /// In their numbers' order.
    var places: [Place] = []
    /// Names of standing instances that are more than the manifest asks for.
    var leaving: [String] = []
    /// Standing instances on nodes that may be there, on a hypervisor that cannot be read: they stay where they are.
    var unseen: [String] = []
    var holds: [Hold] = []

    init(_ survey: Survey, nodes: NodeAssignment) {
        var room = NodeRoom(nodes.seats, perNode: survey.desired.spec.asterisk.perNode)
        var homeless: [(name: String, ordinal: Int, track: Track)] = []
        var staying: [Standing] = []
        var missing: [Track] = []
        for track in Track.allCases {
            let standing = survey.instances.compactMap { instance -> Standing? in
                guard let ordinal = instance.ordinal, instance.mark.track == track else { return nil }
                return (ordinal, instance)
            }
            let wanted = survey.desired.tracks[track]?.replicas ?? 0
            let victims = Self.victims(standing, beyond: wanted, survey)
            leaving += standing.map(\.instance.name).filter(victims.contains)
            staying += victims.isEmpty ? standing : standing.filter { !victims.contains($0.instance.name) }
            missing += Array(repeating: track, count: max(0, wanted - standing.count))
        }
        leaving += survey.instances.filter { $0.ordinal == nil }.map(\.name)
        for (ordinal, instance) in staying.sorted(by: { $0.ordinal < $1.ordinal }) {
            let mark = instance.mark
            if let place = room.keep(mark.node, slot: mark.inputs.slot) {
                places.append(
                    Place(
                        name: instance.name, ordinal: ordinal, track: mark.track, seat: place.seat, slot: place.slot))
            } else if survey.mayStandUnseen(mark.node) {
                unseen.append(instance.name)
            } else {
                homeless.append((instance.name, ordinal, mark.track))
            }
        }
        homeless += newcomers(missing, survey)
        for instance in homeless {
            guard let place = room.take() else {
                holds.append(
                    Hold(instance.name, .capacity, action: "place", because: room.explanation(survey)))
                continue
            }
            places.append(
                Place(
                    name: instance.name, ordinal: instance.ordinal, track: instance.track, seat: place.seat,
                    slot: place.slot))
        }
        places.sort { $0.ordinal < $1.ordinal }
    }

    private typealias Standing = (ordinal: Int, instance: Survey.Instance)

    /// Those to give up: first what is not up, then those with the fewest calls, then the highest numbers.
    private static func victims(
        _ standing: [Standing], beyond wanted: Int, _ survey: Survey
    ) -> Set<String> {
        guard standing.count > wanted else { return [] }
        func cost(_ ordinal: Int, _ instance: Survey.Instance) -> (Int, Int, Int) {
            (instance.isUp ? 1 : 0, survey.registry?.calls[instance.name]?.calls ?? 0, -ordinal)
        }
        let ordered = standing.map { (name: $0.instance.name, cost: cost($0.ordinal, $0.instance)) }
            .sorted { $0.cost < $1.cost }
        return Set(ordered.prefix(standing.count - wanted).map(\.name))
    }

    /// Names for new instances: the lowest numbers that nothing has.
    private mutating func newcomers(
        _ tracks: [Track], _ survey: Survey
    ) -> [(name: String, ordinal: Int, track: Track)] {
        var found: [(String, Int, Track)] = []
        var ordinal = 0
        for track in tracks {
            repeat { ordinal += 1 } while survey.instance(survey.desired.names.instance(ordinal)) != nil
            let name = survey.desired.names.instance(ordinal)
            let announcer = survey.desired.names.announcer(ordinal)
            if let foreign = Self.foreign(name, announcer, survey) {
                holds.append(
                    Hold(
                        name, .conflict, action: "place",
                        because: "unit \(foreign).service is there and is not this cluster's; rename or remove it"))
            } else {
                found.append((name, ordinal, track))
            }
        }
        return found
    }

    private static func foreign(_ name: String, _ announcer: String, _ survey: Survey) -> String? {
        if survey.units?.units[name] != nil, survey.instance(name) == nil { return name }
        if survey.units?.units[announcer] != nil, survey.announcer(announcer) == nil { return announcer }
        return nil
    }
}

/// The free places on the nodes. New instances go where the fewest are.
struct NodeRoom {
    private let seats: [NodeAssignment.Seat]
    private let perNode: Int
    private var slots: [String: Set<Int>]
    private let seatByName: [String: NodeAssignment.Seat]
    /// Where the search for a node with `level` instances goes on.
    private var level = 0
    private var position = 0

    init(_ seats: [NodeAssignment.Seat], perNode: Int) {
        self.seats = seats
        self.perNode = perNode
        slots = [:]
        seatByName = Dictionary(seats.map { ($0.name, $0) }) { first, _ in first }
    }

    /// The place that an instance has, where its node stays and has it.
    mutating func keep(_ node: String, slot: Int) -> (seat: NodeAssignment.Seat, slot: Int)? {
        guard let seat = seatByName[node], slot < perNode, slots[node, default: []].insert(slot).inserted else {
            return nil
        }
        return (seat, slot)
    }

    /// A place on the first of the nodes with the fewest instances.
    mutating func take() -> (seat: NodeAssignment.Seat, slot: Int)? {
        while level < perNode {
            while position < seats.count {
                let seat = seats[position]
                position += 1
                let used = slots[seat.name, default: []]
                guard used.count <= level, let slot = (0..<perNode).first(where: { !used.contains($0) }) else {
                    continue
                }
                slots[seat.name, default: []].insert(slot)
                return (seat, slot)
            }
            level += 1
            position = 0
        }
        return nil
    }

    /// Why nothing fits, node by node.
    func explanation(_ survey: Survey) -> String {
        guard !seats.isEmpty else { return "there is no node for it" }
        let reasons = seats.prefix(8).map { seat in
            "\(seat.name) has \(slots[seat.name, default: []].count) of \(perNode)"
        }
        let more = seats.count > 8 ? ", and \(seats.count - 8) more nodes are as full" : ""
        return "no node has room: \(reasons.joined(separator: ", "))\(more); add nodes or raise asterisk.perNode"
    }
}
