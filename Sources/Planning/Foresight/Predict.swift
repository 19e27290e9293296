import ClusterModel
import Provisioning

extension Observed {
    /// The immediate effect of a step's actions, as it will be observed.
    public mutating func predict(_ actions: [Action], _ names: Names, at now: Instant) {
        predict(actions, names, at: now, Layout(self, names, of: actions))
    }

    mutating func predict(_ actions: [Action], _ names: Names, at now: Instant, _ layout: Layout) {
        reserve(for: actions)
        let prediction = Prediction(names: names, now: now, layout: layout)
        for action in actions { prediction.predict(action, in: &self) }
    }
}

extension Observed {
    /// What comes comes at once: its place is made at once.
    private mutating func reserve(for actions: [Action]) {
        var created: [String: Int] = [:]
        var placed = 0
        for action in actions {
            switch action.kind {
            case .createNode(let node): created[node.hypervisor, default: 0] += 1
            case .placeInstance: placed += 1
            default: continue
            }
        }
        for (hypervisor, count) in created {
            hypervisors[hypervisor]?.update { $0.domains.reserveCapacity($0.domains.count + count) }
        }
        if placed > 0 { units.update { $0.units.reserveCapacity($0.units.count + 2 * placed) } }
    }
}

extension Action {
    /// The node whose machine, and what is pinned to it, goes for a while or for good.
    var departingNode: String? {
        switch kind {
        case .startNode, .restartNode, .completeNode, .replaceNode, .destroyNode: target
        case .createNode, .updateNode, .placeInstance, .replaceInstance, .removeInstance, .placeAnnouncer,
            .removeAnnouncer, .placeKamailio, .updateKamailio, .removeKamailio, .writeShares, .writeRollout,
            .forgetCluster:
            nil
        }
    }
}

/// Which machines the nodes are that go, and what is pinned to them.
struct Layout {
    private(set) var machines: [String: [String]] = [:]
    private(set) var units: [String: [String]] = [:]

    init(_ observed: Observed, _ names: Names, of actions: [Action]) {
        let nodes = Set(actions.lazy.compactMap(\.departingNode))
        guard !nodes.isEmpty, let state = observed.units.value else { return }
        for (id, machine) in state.machines {
            if let node = machine.node, nodes.contains(node) { machines[node, default: []].append(id) }
        }
        for (name, unit) in state.units {
            guard let mark = unit.mark.map({ ($0.cluster, $0.node) }) ?? unit.kamailio.map({ ($0.cluster, $0.node) }),
                mark.0 == names.cluster, nodes.contains(mark.1)
            else { continue }
            units[mark.1, default: []].append(name)
        }
    }
}

private struct Prediction {
    let names: Names
    let now: Instant
    let layout: Layout

    func predict(_ action: Action, in world: inout Observed) {
        if action.isDestructive {
            world.registry.update {
                $0.destructions[action.target] = now
                $0.keys.insert(names.eventKey(of: action.target, at: now))
            }
        }
        switch action.kind {
        case .createNode(let node):
            create(node, in: &world)
        case .startNode(let node):
            depart(node.name, in: &world)
            start(node, in: &world)
        case .restartNode(let node):
            depart(node.name, in: &world)
            mend(node, in: &world)
            start(node, in: &world)
        case .completeNode(let before, let node), .replaceNode(let before, let node):
            remove(before, keeping: node.mark.owns.image, in: &world)
            create(node, in: &world)
        case .updateNode(let node):
            mend(node, in: &world)
        case .destroyNode(let node):
            remove(node, keeping: nil, in: &world)
        case .placeInstance(let instance):
            put(instance, in: &world)
        case .replaceInstance(let instance):
            world.units.update { $0.units[instance.announcer] = nil }
            world.registry.update { $0.unregister(instance.name, names) }
            put(instance, in: &world)
        case .placeAnnouncer(let instance):
            put(instance.announcer, .announcer(instance, putAt: now), in: &world)
            world.registry.update { $0.unregister(instance.name, names) }
        case .removeInstance(let name, _):
            world.units.update {
                for unit in [name, names.announcer(of: name)].compactMap({ $0 }) {
                    // What was said of it is said a while longer.
                    if let run = $0.units.removeValue(forKey: unit)?.run, run != .unreported {
                        $0.lingering.insert(unit)
                    }
                }
            }
        case .removeAnnouncer(let name):
            world.units.update { $0.units[name] = nil }
            if let ordinal = names.ordinal(announcer: name) {
                world.registry.update { $0.unregister(names.instance(ordinal), names) }
            }
        case .placeKamailio(let kamailio), .updateKamailio(let kamailio):
            let pair = KamailioUnits(kamailio, putAt: now)
            world.units.update { $0.units[kamailio.dispatcher] = nil }
            world.registry.update { $0.unregister(dispatcher: kamailio.name, names) }
            put(kamailio.name, pair.mainMark, in: &world)
            put(kamailio.dispatcher, pair.dispatcherMark, in: &world)
        case .removeKamailio(let name, _):
            world.units.update {
                for unit in [name, names.dispatcher(of: name)].compactMap({ $0 }) {
                    if let run = $0.units.removeValue(forKey: unit)?.run, run != .unreported {
                        $0.lingering.insert(unit)
                    }
                }
            }
        case .writeShares(let shares):
            world.registry.update {
                $0.shares = shares
                $0.keys.insert(names.sharesKey)
                $0.malformed[names.sharesKey] = nil
                $0.countAnew()
            }
        case .writeRollout(let record, let orders):
            world.registry.update {
                $0.rollout = record
                if record == nil { $0.keys.remove(names.rolloutKey) } else { $0.keys.insert(names.rolloutKey) }
                for order in orders {
                    $0.canaryOrders[order] = nil
                    $0.keys.remove(names.key(order))
                }
            }
        case .forgetCluster:
            world.registry.update {
                $0 = RegistryState(leader: $0.leader, keys: $0.keys.intersection([names.leaderKey]))
            }
        }
    }

    /// Made from nothing, and started.
    private func create(_ node: NodeDefinition, in world: inout Observed) {
        let domain = DomainState(
            uuid: node.uuid, run: .off, mark: .readable(node.mark),
            hardware: Hardware(inputs: node.mark.inputs, owns: node.mark.owns))
        world.hypervisors[node.hypervisor]?.update {
            $0.domains[node.name] = started(domain)
            $0.pool?.volumes.formUnion(node.mark.owns.volumes)
            $0.network?.reservations.append(node.mark.owns.reservation)
        }
    }

    /// Defined anew, with what lies around it; what runs goes on as it is.
    private func mend(_ node: NodeDefinition, in world: inout Observed) {
        let owns = node.mark.owns
        world.hypervisors[node.hypervisor]?.update {
            $0.domains[node.name]?.persistent = true
            $0.domains[node.name]?.mark = .readable(node.mark)
            $0.domains[node.name]?.hardware = Hardware(inputs: node.mark.inputs, owns: owns)
            $0.pool?.volumes.insert(owns.drive)
            if let upload = node.upload { $0.pool?.volumes.insert(upload.volume) }
            if $0.network?.reservations.contains(owns.reservation) == false {
                $0.network?.reservations.append(owns.reservation)
            }
        }
    }

    private func start(_ node: NodeDefinition, in world: inout Observed) {
        world.hypervisors[node.hypervisor]?.update {
            if let domain = $0.domains[node.name] { $0.domains[node.name] = started(domain) }
        }
    }

    private func started(_ domain: DomainState) -> DomainState {
        guard var mark = domain.nodeMark else { return domain }
        var domain = domain
        mark.startedAt = now
        mark.awaitsRestart = false
        domain.mark = .readable(mark)
        domain.run = .running
        domain.running = domain.hardware
        domain.guestHostname = nil
        return domain
    }

    private func remove(_ node: NodeReference, keeping image: String?, in world: inout Observed) {
        depart(node.name, in: &world)
        world.hypervisors[node.hypervisor]?.update { state in
            state.domains[node.name] = nil
            state.network?.reservations.removeAll { $0.mac == node.owns.reservation.mac }
            state.pool?.volumes.subtract([node.owns.overlay, node.owns.drive])
            let volumes = state.pool?.volumes ?? []
            let isShared = state.domains.values.contains { other in
                other.nodeMark.map { $0.owns.image == node.owns.image && volumes.contains($0.owns.overlay) } ?? false
            }
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
        world.registry.update {
            for name in pinned {
                $0.unregister(name, names)
                $0.unregister(dispatcher: name, names)
            }
        }
    }

    private func put(_ instance: InstanceDefinition, in world: inout Observed) {
        put(instance.name, .main(instance, hash: instance.hash, putAt: now), in: &world)
        put(instance.announcer, .announcer(instance, putAt: now), in: &world)
    }

    private func put(_ name: String, _ mark: KamailioMark, in world: inout Observed) {
        world.units.update {
            if let standing = $0.units[name], standing.launched, standing.intact,
                standing.kamailio?.means(mark) == true
            {
                return
            }
            $0.units[name] = UnitState(mark: nil, kamailio: mark, intact: true, launched: true, run: .unreported)
            $0.lingering.remove(name)
        }
    }

    /// A unit that means the same and is to run stays as it was put.
    private func put(_ name: String, _ mark: UnitMark, in world: inout Observed) {
        world.units.update {
            if let standing = $0.units[name], standing.launched, standing.intact, standing.mark?.means(mark) == true {
                return
            }
            $0.units[name] = UnitState(mark: mark, intact: true, launched: true, run: .unreported)
            $0.lingering.remove(name)
        }
    }
}
