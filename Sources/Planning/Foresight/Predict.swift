import ClusterModel
import Provisioning

extension Observed {
    /// The immediate effect of a step's actions, as it will be observed.
    public mutating func predict(_ actions: [Action], _ names: Names, at now: Instant) {
        let moves = actions.contains { $0.takesMachineDown }
        let prediction = Prediction(names: names, now: now, layout: moves ? Layout(self, names) : Layout())
        for action in actions { prediction.predict(action, in: &self) }
    }
}

extension Action {
    /// Whether a machine, and what is pinned to it, goes for a while or for good.
    fileprivate var takesMachineDown: Bool {
        switch kind {
        case .startNode, .restartNode, .completeNode, .replaceNode, .destroyNode: true
        case .createNode, .updateNode, .placeInstance, .replaceInstance, .removeInstance, .placeAnnouncer,
            .removeAnnouncer, .writeShares, .forgetCluster:
            false
        }
    }
}

/// Which machine a node is, and what is pinned to it.
private struct Layout {
    private(set) var machines: [String: [String]] = [:]
    private(set) var units: [String: [String]] = [:]

    init() {}

    init(_ observed: Observed, _ names: Names) {
        guard let state = observed.units.value else { return }
        for (id, machine) in state.machines {
            if let node = machine.node { machines[node, default: []].append(id) }
        }
        for (name, unit) in state.units {
            if let mark = unit.mark, mark.cluster == names.cluster { units[mark.node, default: []].append(name) }
        }
    }
}

private struct Prediction {
    let names: Names
    let now: Instant
    let layout: Layout

    func predict(_ action: Action, in world: inout Observed) {
        if action.isDestructive { world.registry.update { $0.destructions[action.target] = now } }
        switch action.kind {
        case .createNode(let node):
            define(node, startedAt: now, in: &world)
        case .startNode(let node), .restartNode(let node):
            depart(node.name, in: &world)
            define(node, startedAt: now, in: &world)
        case .completeNode(let before, let node), .replaceNode(let before, let node):
            remove(before, keeping: node.mark.owns.image, in: &world)
            define(node, startedAt: now, in: &world)
        case .updateNode(let node):
            define(node, startedAt: node.mark.startedAt, in: &world)
        case .destroyNode(let node):
            remove(node, keeping: nil, in: &world)
        case .placeInstance(let instance):
            put(instance, in: &world)
        case .replaceInstance(let instance):
            world.registry.update { $0.unregister(instance.name, names) }
            put(instance, in: &world)
        case .placeAnnouncer(let instance):
            let mark = UnitMark.announcer(instance, putAt: now)
            world.units.update {
                $0.units[instance.announcer] = UnitState(mark: mark, intact: true, launched: true, run: .unreported)
            }
        case .removeInstance(let name, _):
            world.units.update {
                $0.units[name] = nil
                if let announcer = names.announcer(of: name) { $0.units[announcer] = nil }
            }
        case .removeAnnouncer(let name):
            world.units.update { $0.units[name] = nil }
        case .writeShares(let shares):
            world.registry.update {
                $0.shares = shares
                $0.keys.insert(names.sharesKey)
            }
        case .forgetCluster:
            world.registry.update {
                $0 = RegistryState(leader: $0.leader, keys: $0.keys.intersection([names.leaderKey]))
            }
        }
    }

    private func define(_ node: NodeDefinition, startedAt: Instant?, in world: inout Observed) {
        var mark = node.mark
        mark.startedAt = startedAt
        mark.awaitsRestart = false
        let owns = mark.owns
        let domain = DomainState(
            uuid: node.uuid, run: .running, mark: .readable(mark),
            hardware: Hardware(inputs: mark.inputs, owns: owns))
        world.hypervisors[node.hypervisor]?.update {
            let before = $0.domains.updateValue(domain, forKey: node.name)?.nodeMark?.owns.reservation
            $0.pool?.volumes.formUnion(owns.volumes)
            if before != owns.reservation || $0.network?.reservations.contains(owns.reservation) == false {
                $0.network?.reservations.append(owns.reservation)
            }
        }
    }

    private func remove(_ node: NodeReference, keeping image: String?, in world: inout Observed) {
        depart(node.name, in: &world)
        world.hypervisors[node.hypervisor]?.update { state in
            state.domains[node.name] = nil
            state.network?.reservations.removeAll { $0.mac == node.owns.reservation.mac }
            state.pool?.volumes.subtract([node.owns.overlay, node.owns.drive])
            let isShared = state.domains.values.contains { $0.nodeMark?.owns.image == node.owns.image }
            if let own = node.owns.image, own != image, !isShared { state.pool?.volumes.remove(own) }
        }
    }

    /// The node's machine leaves, and what ran on it with it.
    private func depart(_ node: String, in world: inout Observed) {
        let pinned = layout.units[node] ?? []
        world.units.update {
            for machine in layout.machines[node] ?? [] { $0.machines[machine] = nil }
            for name in pinned { $0.units[name]?.run = .unreported }
        }
        world.registry.update { for name in pinned { $0.unregister(name, names) } }
    }

    private func put(_ instance: InstanceDefinition, in world: inout Observed) {
        let main = UnitMark.main(instance, hash: instance.hash, putAt: now)
        let announcer = UnitMark.announcer(instance, putAt: now)
        world.units.update {
            $0.units[instance.name] = UnitState(mark: main, intact: true, launched: true, run: .unreported)
            $0.units[instance.announcer] = UnitState(mark: announcer, intact: true, launched: true, run: .unreported)
        }
    }
}
