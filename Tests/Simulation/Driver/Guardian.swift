import ClusterModel
import Planning
import Reconciler

/// Watches over what must never be broken, effect by effect; it looks at the true world and at nothing that the planner says of it.
struct Guardian {
    /// Foreign things as they were at the start.
    private let foreign: Foreign
    /// By name, when it was last destroyed or replaced.
    private var destroyed: [String: Instant] = [:]
    /// Instances and nodes that we took down and that have not come back.
    private var downByUs: Set<String> = []
    private(set) var limits = Limits()

    struct Limits {
        var destroy = Int.max
        var instances = Int.max
        var nodes = Int.max
        var wantedInstances = 0
        var wantedNodes = 0
    }

    private struct Foreign: Equatable {
        var domains: [String: SimulatedHypervisor.Domain] = [:]
        var volumes: [String: SimulatedHypervisor.Volume] = [:]
        var reservations: Set<Reservation> = []
        var units: [String: SimulatedUnits.Unit] = [:]
    }

    /// What of the world an operation is held against.
    struct Glance {
        var running: Set<String>
        var up: Set<String>
    }

    init(_ world: SimulatedWorld) {
        foreign = Self.foreign(world, like: nil)
    }

    private static func foreign(_ world: SimulatedWorld, like known: Foreign?) -> Foreign {
        var found = Foreign()
        for (name, hypervisor) in world.hypervisors {
            for (domain, value) in hypervisor.domains where value.mark?.cluster != world.names.cluster {
                found.domains["\(name)/\(domain)"] = value
            }
            for (volume, value) in hypervisor.volumes where known == nil || known?.volumes["\(name)/\(volume)"] != nil {
                found.volumes["\(name)/\(volume)"] = value
            }
            found.reservations.formUnion(
                hypervisor.reservations.filter { known == nil || known?.reservations.contains($0) == true })
        }
        found.units = world.units.units.filter { $0.value.mark?.cluster != world.names.cluster }
        return found
    }

    func look(_ world: SimulatedWorld) -> Glance {
        var running: Set<String> = []
        for hypervisor in world.hypervisors.values {
            for (name, domain) in hypervisor.domains
            where domain.isRunning && world.units.machines.values.contains(name) { running.insert(name) }
        }
        let up = world.units.processes.keys.filter { world.etcd.instance($0) != nil }
        return Glance(running: running, up: Set(up))
    }

    /// An action that is about to begin, held against what was known when it was decided on.
    func check(_ action: Action, of planner: Planner, basedOn seen: Observed?, _ violations: inout [String]) {
        guard let seen else { return }
        violations += planner.broken(by: action, seen.registry.value)
        var needed: [(String, Bool)] = [("etcd", seen.registry.value != nil)]
        switch action.kind {
        case .destroyNode(let node), .replaceNode(let node, _):
            needed.append(("fleet", seen.units.value != nil))
            needed.append((node.hypervisor, seen.hypervisors[node.hypervisor]?.value != nil))
        case .completeNode(let node, _):
            needed.append((node.hypervisor, seen.hypervisors[node.hypervisor]?.value != nil))
        case .restartNode(let node):
            needed.append(("fleet", seen.units.value != nil))
            needed.append((node.hypervisor, seen.hypervisors[node.hypervisor]?.value != nil))
        case .createNode:
            for (name, reading) in seen.hypervisors { needed.append((name, reading.value != nil)) }
        case .removeInstance, .replaceInstance, .placeInstance, .placeAnnouncer, .removeAnnouncer,
            .placeKamailio, .updateKamailio, .removeKamailio:
            needed.append(("fleet", seen.units.value != nil))
            if action.changes.contains(where: { $0.field == "node" }) {
                for (name, reading) in seen.hypervisors { needed.append((name, reading.value != nil)) }
            }
        case .startNode, .updateNode, .writeShares, .writeRollout, .forgetCluster: break
        }
        for (system, isKnown) in needed where !isKnown {
            violations.append("\(action.target) was acted on while \(system) was unknown")
        }
    }

    /// One operation that was carried out. `basis`: what was known when its action was decided on.
    mutating func check(
        _ operation: Reconciler.Operation, of action: Action, basis: Observed?, by leadership: Leadership,
        _ before: Glance, _ world: inout SimulatedWorld, _ violations: inout [String]
    ) {
        func violate(_ what: String) { violations.append("\(operation.summary) (for \(action.target)): \(what)") }
        if world.etcd.leader?.leadership != leadership, !world.etcd.isRevoked {
            violate("it was done without the lease")
        }
        for damage in world.damage { violate(damage.description) }
        world.damage = []
        if Self.foreign(world, like: foreign) != foreign { violate("something foreign was changed") }
        for kill in world.kills {
            if kill.calls > 0 { violate("\(kill.calls) calls of \(kill.instance) were cut") }
            if !kill.isCounted, kill.isDealt { violate("\(kill.instance) was ended while its calls were unknown") }
            if kill.isCounted, kill.isDealt { violate("\(kill.instance) was ended while calls were dealt to it") }
        }
        capacity(action, basis, before, world, violate)
        world.kills = []
        radius(operation, world, violate)
        unique(world, violate)
    }

    /// More than allowed are down on our account. What is up again counts no more; nor does what came up only after it was
    /// last looked at.
    private mutating func capacity(
        _ action: Action, _ basis: Observed?, _ before: Glance, _ world: SimulatedWorld, _ violate: (String) -> Void
    ) {
        let after = look(world)
        downByUs = downByUs.filter { !after.up.contains($0) && !after.running.contains($0) }
        let registered = basis?.registry.value?.instances ?? [:]
        let joined = Set((basis?.units.value?.machines ?? [:]).values.compactMap(\.node))
        let killed = world.kills.map(\.instance).filter { before.up.contains($0) && registered[$0] != nil }
        let stopped = before.running.subtracting(after.running).intersection(joined)
        if isScaleIn(action) { return }
        downByUs.formUnion(killed)
        downByUs.formUnion(stopped)
        let units = Set(world.units.units.keys.filter { world.names.ordinal(instance: $0) != nil })
        let instances = missed({ world.names.ordinal(instance: $0) != nil }, units, limits.wantedInstances)
        // A node goes down with all that stands on it, also with what was down there already.
        let together = downByUs.filter {
            killed.contains($0) || stopped.contains(world.units.units[$0]?.mark?.node ?? "")
        }
        if !killed.isEmpty, instances > max(limits.instances, together.count) {
            violate("\(instances) of \(downByUs.sorted().joined(separator: ", ")) are down on our account")
        }
        let domains = Set(world.hypervisors.values.flatMap { $0.domains.filter { $0.value.mark != nil }.keys })
        let nodes = missed({ world.names.ordinal(node: $0) != nil }, domains, limits.wantedNodes)
        if !stopped.isEmpty, nodes > limits.nodes {
            violate("\(nodes) of \(downByUs.sorted().joined(separator: ", ")) are down on our account")
        }
    }

    /// Of those that we took down, how many the manifest asks for: which of them are more than asked is not for us to say.
    private func missed(_ isOne: (String) -> Bool, _ standing: Set<String>, _ wanted: Int) -> Int {
        let down = downByUs.filter(isOne)
        let there = down.intersection(standing).count
        let gone = min(down.count - there, max(0, wanted - standing.count))
        return there + gone - max(0, standing.count - wanted)
    }

    private func isScaleIn(_ action: Action) -> Bool {
        switch action.kind {
        case .destroyNode: true
        case .removeInstance: action.changes.isEmpty
        default: false
        }
    }

    /// The manifest changed: what was missed under the old one is forgotten.
    mutating func obey(_ limits: Limits) {
        self.limits = limits
        downByUs = []
    }

    private mutating func radius(
        _ operation: Reconciler.Operation, _ world: SimulatedWorld, _ violate: (String) -> Void
    ) {
        guard case .registry(.recordDestruction(_, let target, _, _)) = operation else { return }
        destroyed[target] = world.now
        let hourAgo = world.now.advanced(bySeconds: -3600)
        let count = destroyed.values.count { $0 > hourAgo }
        if count > limits.destroy { violate("\(count) were destroyed or replaced within an hour") }
    }

    private func unique(_ world: SimulatedWorld, _ violate: (String) -> Void) {
        var addresses: [IPv4: String] = [:]
        var nodes: [String: String] = [:]
        for (hypervisor, system) in world.hypervisors {
            for (name, domain) in system.domains {
                guard let mark = domain.mark, mark.cluster == world.names.cluster else { continue }
                if let other = nodes.updateValue(hypervisor, forKey: name) {
                    violate("\(name) stands on \(other) and \(hypervisor)")
                }
                if let other = addresses.updateValue(name, forKey: mark.inputs.address) {
                    violate("\(name) and \(other) have the address \(mark.inputs.address)")
                }
            }
        }
    }
}
