import ClusterModel

/// Which nodes there are to be: those that stay, those that go, and the names and addresses of new ones.
struct NodeAssignment {
    /// Where a node stands or is to stand.
    final class Seat {
        let name: String
        let ordinal: Int
        let hypervisor: String
        let address: IPv4
        /// The node that stands there; `nil`: it is to come.
        let node: Survey.Node?

        init(name: String, ordinal: Int, hypervisor: String, address: IPv4, node: Survey.Node? = nil) {
            self.name = name
            self.ordinal = ordinal
            self.hypervisor = hypervisor
            self.address = address
            self.node = node
        }
    }

    /// In their numbers' order: nodes that stay and nodes to come.
    var seats: [Seat] = []
    var leaving: [Survey.Node] = []
    var holds: [Hold] = []

    /// The last one, where no node has changed since.
    static func of(_ survey: Survey) -> NodeAssignment {
        if let last = survey.nodeAssignment { return last }
        let assignment = NodeAssignment(survey)
        // Which nodes go depends on what they carry.
        if assignment.leaving.isEmpty { survey.nodeAssignment = assignment }
        return assignment
    }

    private init(_ survey: Survey) {
        let existing = survey.nodes
        let wanted = survey.desired.spec.nodes.count
        let victims = Self.victims(existing, beyond: wanted, survey)
        leaving = victims.isEmpty ? [] : existing.filter { victims.contains($0.name) }
        let staying = victims.isEmpty ? existing : existing.filter { !victims.contains($0.name) }
        var addresses = AddressBook(survey.desired.spec.nodes.addresses, taken: staying)
        seats = staying.map { node in
            Seat(
                name: node.name, ordinal: node.ordinal, hypervisor: node.hypervisor,
                address: addresses.address(of: node), node: node)
        }
        guard staying.count < wanted else { return }
        addNew(wanted - staying.count, survey, &addresses)
        seats.sort { $0.ordinal < $1.ordinal }
    }

    /// The nodes to give up: first those that carry nothing, then those with the fewest calls, then the youngest numbers.
    private static func victims(_ existing: [Survey.Node], beyond wanted: Int, _ survey: Survey) -> Set<String> {
        guard existing.count > wanted else { return [] }
        func cost(_ node: Survey.Node) -> (Int, Int, Int) {
            let calls = node.instances.reduce(0) { $0 + ($1.calls?.calls ?? 0) }
            let kamailios = survey.kamailios.count { $0.mark.node == node.name }
            return (calls, node.instances.count + kamailios, -node.ordinal)
        }
        let costs = existing.map { (node: $0.name, cost: cost($0)) }.sorted { $0.cost < $1.cost }
        return Set(costs.prefix(existing.count - wanted).map(\.node))
    }

    private mutating func addNew(_ count: Int, _ survey: Survey, _ addresses: inout AddressBook) {
        let hypervisors = survey.desired.spec.hypervisors.map(\.name)
        let unread = hypervisors.filter { survey.observed.hypervisors[$0]?.value == nil }
        guard unread.isEmpty else {
            holds.append(
                Hold(
                    "nodes", .unknown, action: count == 1 ? "create 1 node" : "create \(count) nodes",
                    because: "hypervisor \(unread.joined(separator: ", ")) cannot be read: they may be there"))
            return
        }
        var load: [String: Int] = [:]
        for seat in seats { load[seat.hypervisor, default: 0] += 1 }
        let taken = Set(seats.map(\.ordinal)).union(leaving.map(\.ordinal))
        var left = count
        var ordinal = 0
        while left > 0 {
            ordinal += 1
            guard !taken.contains(ordinal) else { continue }
            left -= 1
            let name = survey.desired.names.node(ordinal)
            if let conflict = Self.conflict(name, survey) {
                holds.append(Hold(name, .conflict, action: "create", because: conflict))
                continue
            }
            guard let address = addresses.next() else {
                holds.append(
                    Hold(
                        name, .capacity, action: "create", because: "no address is left for it; add some",
                        location: survey.desired.spec.locations["spec.nodes.addresses"]))
                continue
            }
            let hypervisor = hypervisors.min { load[$0, default: 0] < load[$1, default: 0] } ?? hypervisors[0]
            load[hypervisor, default: 0] += 1
            seats.append(Seat(name: name, ordinal: ordinal, hypervisor: hypervisor, address: address))
        }
    }

    /// Something of the node's name that is not ours.
    private static func conflict(_ name: String, _ survey: Survey) -> String? {
        for hypervisor in survey.desired.spec.hypervisors {
            guard let domain = survey.observed.hypervisors[hypervisor.name]?.value?.domains[name] else { continue }
            switch domain.mark {
            case nil:
                return "a domain of that name is there (\(domain.uuid)) and is not Dialtone's; rename or remove it"
            case .unreadable(let reason, _):
                return "a domain of that name carries a mark that this version cannot read: \(reason)"
            case .readable(let mark):
                return "a domain of that name belongs to cluster '\(mark.cluster)'"
            }
        }
        return nil
    }
}

/// The addresses of the manifest, given out once each.
struct AddressBook {
    private let listed: [IPv4]
    private let allowed: Set<IPv4>
    private let nodes: [Survey.Node]
    /// Those of the nodes, and what was given out; `nil`: none was asked for yet.
    private var used: Set<IPv4>?
    private var position = 0

    /// A node that stays keeps its address as long as the manifest lists it.
    init(_ listed: [IPv4], taken nodes: [Survey.Node]) {
        self.listed = listed
        self.nodes = nodes
        allowed = nodes.isEmpty ? [] : Set(listed)
    }

    mutating func address(of node: Survey.Node) -> IPv4 {
        let current = node.mark.inputs.address
        return allowed.contains(current) ? current : next() ?? current
    }

    /// The next that nobody has; `nil`: there is none.
    mutating func next() -> IPv4? {
        var used = self.used ?? Set(nodes.map(\.mark.inputs.address))
        self.used = nil
        defer { self.used = used }
        while position < listed.count {
            let address = listed[position]
            position += 1
            if used.insert(address).inserted { return address }
        }
        return nil
    }
}
