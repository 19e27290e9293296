import ClusterModel

/// What of this cluster is there: `Observed`, looked up by the cluster's own names.
///
/// An object: it goes along with a world that is foreseen, and looks again only at what was changed there (`Survey+Looking.swift`).
final class Survey {
    let names: Names
    let limits: Limits
    /// The extension that probe calls go to; `nil`: there are none.
    private let probe: String?
    /// What is asked for, as it is in force.
    var desired: Desired
    var now: Instant
    /// Changed by `change(_:_:)` alone.
    var observed: Observed

    /// Our nodes, domains that carry this cluster's mark, in their numbers' order.
    var nodes: [Node] = []
    /// Names of nodes that stand on more than one hypervisor.
    var doubled: Set<String> = []
    /// Our main units, in their numbers' order; units of ours with other names last.
    var instances: [Instance] = []
    /// Our main units by the node that they are pinned to, in their numbers' order.
    var instancesByNode: [String: [Instance]] = [:]
    /// The shares' members by name.
    var members: [String: Shares.Member] = [:]
    /// Our Kamailios, in their numbers' order.
    var kamailios: [Kamailio] = []
    /// The agents beside them, by their units' names, in order.
    var dispatchers: [(name: String, mark: KamailioMark)] = []
    /// Names of the units of both.
    var kamailioUnits: Set<String> = []
    /// Announcers of ours beside which no instance stands.
    var loneAnnouncers: Set<String> = []
    /// Domains whose marks this version cannot read, with the reason, by hypervisor and name: nothing is done to them.
    var unreadable: [(name: String, reason: String)] = []
    /// The last assignment of nodes; `nil`: there was none since a node changed.
    var nodeAssignment: NodeAssignment?
    /// What the nodes of each hypervisor are held against.
    var sites: [String: NodeSite] = [:]

    var nodeByName: [String: Node] = [:]
    var instanceByName: [String: Instance] = [:]
    /// Instances without a unit that are still registered, with their node.
    var stoppingOn: [String: String] = [:]
    /// Names of nodes of which a machine takes units.
    var joined: Set<String> = []
    var indexes: [String: HypervisorIndex] = [:]

    init(desired: Desired, observed: Observed, now: Instant, limits: Limits) {
        names = desired.names
        probe = desired.spec.asterisk.probe?.extension
        self.desired = desired
        self.observed = observed
        self.now = now
        self.limits = limits
        lookAtAll()
    }

    var registry: RegistryState? { observed.registry.value }
    var units: UnitsState? { observed.units.value }
    // Without a copy of all that was read.
    var isRegistryRead: Bool { if case .known = observed.registry { true } else { false } }
    var areUnitsRead: Bool { if case .known = observed.units { true } else { false } }

    func node(_ name: String) -> Node? { nodeByName[name] }

    /// The instance's main unit, where it is ours.
    func instance(_ name: String) -> Instance? { instanceByName[name] }

    func hasJoined(_ node: String) -> Bool { nodeByName[node]?.hasJoined ?? false }

    /// Whether an instance without a unit is still registered.
    func isStopping(_ instance: String) -> Bool { stoppingOn[instance] != nil }

    /// Names of instances without a unit that are still registered on a node, in order.
    func stopping(on node: String) -> [String] { stoppingOn.filter { $0.value == node }.keys.sorted() }

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

    /// Held off from new calls: also one whose unit is gone.
    func isDraining(_ instance: String) -> Bool { members[instance]?.state == .draining }

    /// An announcer's unit, where it is ours.
    func announcer(_ name: String) -> UnitState? {
        guard let unit = units?.units[name], unit.mark?.isOurs(.announcer, names) == true else { return nil }
        return unit
    }

    /// The instance's registration, where it is of the unit that stands now and younger than its put and its node's start.
    func registration(of instance: Instance) -> InstanceRecord? {
        guard instance.isHoused, let record = instance.record, record.unit == instance.mark.hash,
            limits.isCurrent(record.since, begun: instance.begun, now: now)
        else { return nil }
        return record
    }

    /// Whether no probe call is asked for, or it went well: only then does it get its first caller.
    func isProbed(_ instance: Instance) -> Bool {
        probe == nil || probeCall(of: instance).map { $0.failure == nil } ?? false
    }

    /// Why its probe call went wrong.
    func probeFailure(of instance: Instance) -> String? { probeCall(of: instance)?.failure }

    /// What its probe call came to; one that was made to another extension says nothing.
    private func probeCall(of instance: Instance) -> InstanceRecord.Probe? {
        registration(of: instance)?.probe.flatMap { $0.extension == probe ? $0 : nil }
    }

    /// Up: it answers, and nothing says otherwise. One that takes calls already is not down for want of a probe call.
    func isUp(_ instance: Instance) -> Bool {
        guard registration(of: instance)?.health == "answering", instance.member?.state == .in || isProbed(instance)
        else { return false }
        switch instance.unit.run {
        case .running, .unreported: return true
        case .failed, .stopped: return false
        }
    }

    /// A hypervisor's objects by what they must not share; `nil`: it could not be read.
    func index(of hypervisor: String) -> HypervisorIndex? {
        if let known = indexes[hypervisor] { return known }
        let index = observed.hypervisors[hypervisor]?.value.map(HypervisorIndex.init)
        indexes[hypervisor] = index
        return index
    }
}

extension UnitMark {
    /// Whether it is this cluster's, and of that kind.
    func isOurs(_ component: Component, _ names: Names) -> Bool {
        self.component == component && cluster == names.cluster
    }
}
