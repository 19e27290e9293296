import ClusterModel

/// What of this cluster is there: `Observed`, looked up by the cluster's own names. Built once for each step.
struct Survey {
    let desired: Desired
    let observed: Observed
    let now: Instant
    let limits: Limits

    /// Our nodes by name: domains that carry this cluster's mark.
    let nodes: [String: Node]
    /// Names of nodes that stand on more than one hypervisor.
    let doubled: Set<String>
    /// Machine ids by the node that the machine says it is.
    let machines: [String: String]
    /// By the hypervisor's name; only of those that could be read.
    let indexes: [String: HypervisorIndex]
    /// Names of our main units by the node that they are pinned to, in their numbers' order.
    let instancesByNode: [String: [String]]
    /// Names of instances without a unit that are still registered, by their node, in order.
    let stopping: [String: [String]]
    /// The shares' members by name.
    let members: [String: Shares.Member]
    /// Names of our main units, in their numbers' order; units of ours with other names last.
    let instances: [String]

    struct Node {
        var name: String
        var ordinal: Int
        var hypervisor: String
        var domain: DomainState
        var mark: NodeMark

        /// As it was applied.
        var definition: NodeDefinition {
            NodeDefinition(
                name: name, hypervisor: hypervisor, uuid: domain.uuid, mark: mark, upload: nil, userData: nil)
        }

        var reference: NodeReference {
            NodeReference(name: name, hypervisor: hypervisor, uuid: domain.uuid, owns: mark.owns)
        }
    }

    init(desired: Desired, observed: Observed, now: Instant, limits: Limits) {
        self.desired = desired
        self.observed = observed
        self.now = now
        self.limits = limits
        var nodes: [String: Node] = [:]
        var doubled: Set<String> = []
        for (hypervisor, reading) in observed.hypervisors.sorted(by: { $0.key < $1.key }) {
            for (name, domain) in reading.value?.domains ?? [:] {
                guard let mark = domain.nodeMark, mark.cluster == desired.spec.name,
                    let ordinal = desired.names.ordinal(node: name)
                else { continue }
                let node = Node(name: name, ordinal: ordinal, hypervisor: hypervisor, domain: domain, mark: mark)
                if nodes[name] == nil { nodes[name] = node } else { doubled.insert(name) }
            }
        }
        self.nodes = nodes
        self.doubled = doubled
        indexes = observed.hypervisors.compactMapValues { $0.value.map(HypervisorIndex.init) }
        var machines: [String: String] = [:]
        for (id, machine) in observed.units.value?.machines ?? [:] {
            guard let node = machine.node else { continue }
            machines[node] = machines[node].map { min($0, id) } ?? id
        }
        self.machines = machines
        let shares = observed.registry.value?.shares?.instances ?? []
        members = Dictionary(shares.map { ($0.name, $0) }) { first, _ in first }
        let names = desired.names
        let ours = (observed.units.value?.units ?? [:]).filter { _, unit in
            unit.mark?.cluster == desired.spec.name && unit.mark?.component == .asterisk
        }
        instances = ours.keys.sorted {
            let (a, b) = (names.ordinal(instance: $0) ?? .max, names.ordinal(instance: $1) ?? .max)
            return a == b ? $0 < $1 : a < b
        }
        let strays = (observed.registry.value?.instances ?? [:]).filter { ours[$0.key] == nil }
        stopping = Dictionary(grouping: strays.keys.sorted()) { strays[$0]?.node ?? "" }
        instancesByNode = Dictionary(grouping: instances) { ours[$0]?.mark?.node ?? "" }
    }

    var registry: RegistryState? { observed.registry.value }
    var units: UnitsState? { observed.units.value }

    /// A node has joined when its domain runs, its machine takes units and, where a guest agent answers, the guest has the node's name: one that
    /// has another was not configured by its drive.
    func hasJoined(_ node: String) -> Bool {
        guard let domain = nodes[node]?.domain, domain.run == .running, machines[node] != nil else { return false }
        return domain.guestHostname.map { $0 == node } ?? true
    }

    /// Whether no domain of that name can be running: every hypervisor was read, and none runs one.
    func isProvedOff(_ node: String) -> Bool {
        if let known = nodes[node] { return known.domain.run == .off }
        return observed.hypervisors.values.allSatisfy { $0.value != nil && $0.value?.domains[node] == nil }
    }

    /// Whether a node that was not found may be on a hypervisor that could not be read.
    func mayStandUnseen(_ node: String) -> Bool {
        nodes[node] == nil && observed.hypervisors.values.contains { $0.value == nil }
    }

    /// The main unit of an instance, where it is ours.
    func instance(_ name: String) -> UnitState? { marked(name, .asterisk) }
    func announcer(_ name: String) -> UnitState? { marked(name, .announcer) }

    private func marked(_ name: String, _ component: UnitMark.Component) -> UnitState? {
        guard let unit = units?.units[name], let mark = unit.mark, mark.cluster == desired.spec.name,
            mark.component == component
        else { return nil }
        return unit
    }

    /// The instance's registration, where it is of the unit that stands now and younger than its node's start.
    func registration(_ name: String) -> InstanceRecord? {
        guard let record = registry?.instances[name], let mark = instance(name)?.mark, record.unit == mark.hash,
            record.since >= mark.putAt, hasJoined(mark.node)
        else { return nil }
        if let startedAt = nodes[mark.node]?.mark.startedAt, record.since < startedAt { return nil }
        return record
    }

    /// Whether it says that it has no calls.
    func isIdle(_ name: String) -> Bool { registry?.calls[name]?.calls == 0 }

    /// Held off from new calls.
    func isDraining(_ name: String) -> Bool { members[name]?.state == .draining }

    /// Up: it answers, and nothing says otherwise.
    func isUp(_ name: String) -> Bool {
        guard registration(name)?.health == "answering" else { return false }
        switch instance(name)?.run {
        case .running, .unreported: return true
        case .failed, .stopped, nil: return false
        }
    }
}

/// How long the systems may take for what they do by themselves, in seconds.
public struct Limits: Sendable, Hashable, Codable {
    public var join: Int
    public var registration: Int
    public var departure: Int
    /// Of a revision of the shares, by every dispatcher.
    public var acknowledgement: Int

    public init(join: Int = 300, registration: Int = 120, departure: Int = 60, acknowledgement: Int = 60) {
        self.join = join
        self.registration = registration
        self.departure = departure
        self.acknowledgement = acknowledgement
    }
}
