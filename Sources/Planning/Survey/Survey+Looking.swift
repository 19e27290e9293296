import ClusterModel

// Looking: at all for the first time, and again at what was changed. A row is looked at by the same function, the first time or again.
extension Survey {
    /// What of a world is changed, by name; what is named twice is looked at twice.
    struct Rows {
        var nodes: [String] = []
        /// Instances, and announcers beside which none stands.
        var units: [String] = []
        /// Whether machines come or go.
        var machines = false
        var shares = false
    }

    /// Changes the world, and looks again at what is changed of it.
    func change(_ rows: Rows, _ change: (inout Observed) -> Void) {
        // They hold on to what they index: it would be copied.
        if !rows.nodes.isEmpty { (indexes, nodeAssignment) = ([:], nil) }
        change(&observed)
        if rows.shares { lookAtShares() }
        if rows.machines { lookAtMachines() }
        look(at: rows.nodes, rows.units)
        if !kamailioUnits.isEmpty || desired.spec.kamailio.replicas > 0 { lookAtKamailios(among: rows.units) }
    }

    /// Changes the whole world.
    func changeAll(_ change: (inout Observed) -> Void) {
        change(&observed)
        lookAtAll()
    }

    func lookAtAll() {
        (nodes, nodeByName, doubled, joined, indexes, nodeAssignment) = ([], [:], [], [], [:], nil)
        (instances, instanceByName, instancesByNode, stoppingOn, loneAnnouncers) = ([], [:], [:], [:], [])
        lookAtShares()
        lookAtMachines()
        lookForUnreadable()
        look(
            at: observed.hypervisors.values.lazy.flatMap { $0.value?.domains.keys ?? [:].keys },
            (units?.units ?? [:]).keys)
        look(at: [], (registry?.instances ?? [:]).keys.lazy.filter { self.instanceByName[$0] == nil })
        kamailioUnits = []
        lookAtKamailios(among: (units?.units ?? [:]).lazy.filter { $0.value.kamailio != nil }.map(\.key))
    }

    private func lookForUnreadable() {
        unreadable = []
        for (_, reading) in observed.hypervisors.sorted(by: { $0.key < $1.key }) {
            let found = (reading.value?.domains ?? [:]).compactMap { name, domain -> (name: String, reason: String)? in
                guard case .unreadable(let reason, names.cluster) = domain.mark else { return nil }
                return (name, reason)
            }
            unreadable += found.sorted { $0.name < $1.name }
        }
    }

    private func lookAtShares() {
        members = Dictionary((registry?.shares?.instances ?? []).map { ($0.name, $0) }) { first, _ in first }
        for instance in instances { instance.member = members[instance.name] }
    }

    private func lookAtMachines() {
        joined = Set(units?.machines.values.compactMap(\.node) ?? [])
        for node in nodes where node.hasMachine != joined.contains(node.name) {
            node.hasMachine.toggle()
            for instance in node.instances { instance.follow(node) }
        }
    }

    private func look(at nodes: some Sequence<String>, _ units: some Sequence<String>) {
        let domains = observed.hypervisors.sorted { $0.key < $1.key }.map { ($0.key, $0.value.value?.domains ?? [:]) }
        let (state, registry) = (self.units, registry)
        var order = Order()
        for name in nodes { lookAtNode(name, domains, &order) }
        for name in units { lookAtUnit(name, state?.units ?? [:], registry, &order) }
        if order.hasLost {
            self.nodes.removeAll(where: \.isGone)
            self.instances.removeAll(where: \.isGone)
        }
        if order.hasWon {
            self.nodes.sort { $0.ordinal < $1.ordinal }
            self.instances.sort(by: Instance.isBefore)
        }
    }

    /// Whether rows came or went meanwhile.
    private struct Order {
        var hasWon = false
        var hasLost = false
    }

    private func lookAtNode(_ name: String, _ domains: [(String, [String: DomainState])], _ order: inout Order) {
        guard let ordinal = names.ordinal(node: name) else { return }
        var isThere = false
        if !doubled.isEmpty { doubled.remove(name) }
        for (hypervisor, domains) in domains {
            guard let domain = domains[name], case .readable(let mark) = domain.mark, mark.cluster == names.cluster
            else { continue }
            if isThere {
                doubled.insert(name)
            } else if let node = nodeByName[name] {
                node.stand(hypervisor, domain, mark)
            } else {
                let node = Node(name, ordinal, hypervisor, domain, mark)
                node.hasMachine = joined.contains(name)
                node.instances = instancesByNode[name] ?? []
                nodeByName[name] = node
                nodes.append(node)
                order.hasWon = true
            }
            isThere = true
        }
        if !isThere, let gone = nodeByName.removeValue(forKey: name) {
            gone.isGone = true
            order.hasLost = true
        }
        // What is pinned to a node is as the node is.
        let node = nodeByName[name]
        for instance in instancesByNode[name] ?? [] { instance.follow(node) }
    }

    private func lookAtUnit(
        _ name: String, _ units: [String: UnitState], _ registry: RegistryState?, _ order: inout Order
    ) {
        let record = registry?.instances[name]
        let ordinal = names.ordinal(instance: name)
        let known = instanceByName[name]
        guard let unit = units[name], let mark = unit.mark, mark.isOurs(.asterisk, names) else {
            stoppingOn[name] = record?.node
            if let known {
                instanceByName[name] = nil
                known.isGone = true
                order.hasLost = true
                unpin(known)
            }
            return lookAtAnnouncer(ordinal.map(names.announcer) ?? name, units)
        }
        let instance = known ?? Instance(name, ordinal, announcer: ordinal.map(names.announcer), unit, mark)
        if known == nil {
            instanceByName[name] = instance
            instances.append(instance)
            instance.member = members[name]
            order.hasWon = true
            if !stoppingOn.isEmpty { stoppingOn[name] = nil }
            pin(instance)
        } else if instance.mark.node != mark.node {
            unpin(instance)
            instance.stand(unit, mark)
            pin(instance)
        } else {
            instance.stand(unit, mark)
        }
        instance.record = record
        instance.calls = registry?.calls[name]
        instance.follow(nodeByName[mark.node])
        if let announcer = instance.announcerName {
            instance.stand(beside: units[announcer].flatMap { $0.mark?.isOurs(.announcer, names) == true ? $0 : nil })
            if !loneAnnouncers.isEmpty { loneAnnouncers.remove(announcer) }
        }
    }

    private func lookAtAnnouncer(_ name: String, _ units: [String: UnitState]) {
        let isThere = units[name]?.mark?.isOurs(.announcer, names) == true
        let instance = isThere ? names.ordinal(announcer: name).map(names.instance) : nil
        if isThere, instance.flatMap({ instanceByName[$0] }) == nil {
            loneAnnouncers.insert(name)
        } else {
            loneAnnouncers.remove(name)
        }
    }

    private func pin(_ instance: Instance) {
        let node = instance.mark.node
        var pinned = instancesByNode[node] ?? []
        pinned.append(instance)
        if pinned.count > 1 { pinned.sort(by: Instance.isBefore) }
        instancesByNode[node] = pinned
        nodeByName[node]?.instances = pinned
    }

    private func unpin(_ instance: Instance) {
        let pinned = instancesByNode[instance.mark.node]?.filter { $0 !== instance } ?? []
        instancesByNode[instance.mark.node] = pinned
        nodeByName[instance.mark.node]?.instances = pinned
    }
}
