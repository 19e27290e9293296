import ClusterModel

/// What of this cluster is there: `Observed`, looked up by the cluster's own names. Built once for each step.
struct Survey {
    let desired: Desired
    let observed: Observed
    let now: Instant
    let limits: Limits

    /// Our nodes, domains that carry this cluster's mark, in their numbers' order.
    let nodes: [Node]
    /// Names of nodes that stand on more than one hypervisor.
    let doubled: Set<String>
    /// By the hypervisor's name; only of those that could be read.
    let indexes: [String: HypervisorIndex]
    /// Our main units, in their numbers' order; units of ours with other names last.
    let instances: [Instance]
    /// Our Kamailios, in their numbers' order.
    let kamailios: [Kamailio]
    /// The agents beside them, by their units' names, in order.
    let dispatchers: [(name: String, mark: KamailioMark)]
    /// Our main units by the node that they are pinned to, in their numbers' order.
    let instancesByNode: [String: [Instance]]
    /// Names of instances without a unit that are still registered, by their node, in order.
    let stopping: [String: [String]]
    /// The shares' members by name.
    let members: [String: Shares.Member]

    private let nodeByName: [String: Node]
    private let instanceByName: [String: Instance]

    init(desired: Desired, observed: Observed, now: Instant, limits: Limits) {
        self.desired = desired
        self.observed = observed
        self.now = now
        self.limits = limits
        let units = observed.units.value
        let registry = observed.registry.value
        (nodes, nodeByName, doubled) = Self.nodes(desired, observed)
        indexes = observed.hypervisors.compactMapValues { $0.value.map(HypervisorIndex.init) }
        members = Dictionary((registry?.shares?.instances ?? []).map { ($0.name, $0) }) { first, _ in first }
        var found: [Instance] = []
        var beside: [(name: String, unit: UnitState)] = []
        for (name, unit) in units?.units ?? [:] {
            if unit.kamailio != nil {
                beside.append((name, unit))
                continue
            }
            guard let mark = unit.mark, mark.cluster == desired.spec.name, mark.component == .asterisk else { continue }
            found.append(
                Instance(
                    name: name, ordinal: desired.names.ordinal(instance: name), unit: unit, mark: mark,
                    node: nodeByName[mark.node], record: registry?.instances[name], share: members[name]?.state,
                    probe: desired.spec.asterisk.probe?.extension, now: now, limits: limits))
        }
        found.sort { ($0.ordinal ?? .max, $0.name) < ($1.ordinal ?? .max, $1.name) }
        instances = found
        instanceByName = Dictionary(uniqueKeysWithValues: found.map { ($0.name, $0) })
        instancesByNode = Dictionary(grouping: found) { $0.mark.node }
        var stopping: [String: [String]] = [:]
        for (name, record) in registry?.instances ?? [:] where instanceByName[name] == nil {
            stopping[record.node, default: []].append(name)
        }
        self.stopping = stopping.mapValues { $0.sorted() }
        let started = nodeByName
        (kamailios, dispatchers) = Self.kamailios(beside, desired.names) { started[$0]?.mark.startedAt }
    }

    private static func nodes(_ desired: Desired, _ observed: Observed) -> ([Node], [String: Node], Set<String>) {
        // Machine ids by the node that the machine says it is.
        var machines: [String: String] = [:]
        for (id, machine) in observed.units.value?.machines ?? [:] {
            guard let node = machine.node else { continue }
            machines[node] = machines[node].map { min($0, id) } ?? id
        }
        let names = desired.names
        var nodes: [String: Node] = [:]
        var doubled: Set<String> = []
        for (hypervisor, reading) in observed.hypervisors.sorted(by: { $0.key < $1.key }) {
            for (name, domain) in reading.value?.domains ?? [:] {
                guard case .readable(let mark) = domain.mark, mark.cluster == names.cluster,
                    let ordinal = names.ordinal(node: name)
                else { continue }
                guard nodes[name] == nil else {
                    doubled.insert(name)
                    continue
                }
                nodes[name] = Node(
                    name: name, ordinal: ordinal, hypervisor: hypervisor, domain: domain, mark: mark,
                    machine: machines[name])
            }
        }
        return (nodes.values.sorted { $0.ordinal < $1.ordinal }, nodes, doubled)
    }

    var registry: RegistryState? { observed.registry.value }
    var units: UnitsState? { observed.units.value }

    func node(_ name: String) -> Node? { nodeByName[name] }

    func hasJoined(_ node: String) -> Bool { nodeByName[node]?.hasJoined ?? false }

    /// Whether no domain of that name can be running: every hypervisor was read, and none runs one.
    func isProvedOff(_ node: String) -> Bool {
        // One in the middle of its start runs nothing yet.
        if let known = nodeByName[node] { return known.domain.run == .off || known.domain.run == .starting }
        return observed.hypervisors.values.allSatisfy { $0.value != nil && $0.value?.domains[node] == nil }
    }

    /// Whether a node that was not found may be on a hypervisor that could not be read.
    func mayStandUnseen(_ node: String) -> Bool {
        nodeByName[node] == nil && observed.hypervisors.values.contains { $0.value == nil }
    }

    /// The instance's main unit, where it is ours.
    func instance(_ name: String) -> Instance? { instanceByName[name] }

    /// An announcer's unit, where it is ours.
    func announcer(_ name: String) -> UnitState? {
        guard let unit = units?.units[name], let mark = unit.mark, mark.cluster == desired.spec.name,
            mark.component == .announcer
        else { return nil }
        return unit
    }

    /// The instance's registration, where it is of the unit that stands now and younger than its put and its node's start.
    func registration(_ name: String) -> InstanceRecord? { instanceByName[name]?.registration }

    /// Whether it says that it has no calls.
    func isIdle(_ name: String) -> Bool { registry?.calls[name]?.calls == 0 }

    /// Held off from new calls.
    func isDraining(_ name: String) -> Bool { members[name]?.state == .draining }

    /// Up: it answers, and nothing says otherwise.
    func isUp(_ name: String) -> Bool { instanceByName[name]?.isUp ?? false }
}
