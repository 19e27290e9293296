import ClusterModel
import Planning
import Reconciler

/// Carries steps out in a simulated world, and holds what `predict` and `settle` foresaw against what is then observed there.
///
/// An action is predicted as it is observed in the moment of its end: what it ended is gone, and what it began has not come yet (`Timing.prompt`).
/// The removal of an instance is another matter: that its state and its key go away is a wait of its own, so there they stay a while
/// (`Timing.departing`). Then nobody does anything until the systems do nothing by themselves any more, and what `settle` made of the waits has to be what is there.
public struct ForesightComparison: Sendable {
    public private(set) var world: SimulatedWorld
    public var planner: Planner
    /// What was foreseen otherwise than it came about, line by line.
    public private(set) var differences: [String] = []
    /// The kinds of actions that were compared, and how often each.
    public private(set) var compared: [ActionKind: Int] = [:]
    public private(set) var waitedFor: Set<WaitKind> = []
    private let leadership: Leadership
    private var chance: Chance

    public init(seed: UInt64) {
        chance = Chance(seed: seed)
        let hypervisors = chance.happens(300) ? ["h1", "h2"] : ["h1"]
        let spec = Self.spec(&chance, hypervisors)
        planner = Planner(desired: spec.expanded(), allowDestroy: 1000)
        var world = SimulatedWorld(
            cluster: spec.name, hypervisors: hypervisors, timing: .prompt, at: Instant(seconds: 1_800_000_000))
        Scenario.furnish(&world)
        world.hasAgents = chance.happens(500)
        let record = LeaderRecord(name: "comparison", pid: 1, since: world.now)
        // Nobody else asks for it: it is held for good.
        leadership =
            world.etcd.acquire(record, seconds: 1_000_000_000, world.now) ?? Leadership(lease: 0, createRevision: 0)
        self.world = world
    }

    private static func spec(_ chance: inout Chance, _ hypervisors: [String]) -> ClusterSpec {
        var spec = Scenario.spec(&chance, hypervisors, kamailios: chance.happens(400) ? ["edge"] : [])
        guard chance.happens(500) else { return spec }
        spec.kamailio.replicas = chance.pick(1...spec.nodes.count)
        spec.kamailio.image = "kamailio:5.6"
        spec.kamailio.listen = chance.happens(500) ? 5065 : 5075
        return spec
    }

    /// Makes a cluster, disturbs and changes it so many times, and destroys it.
    /// - Parameter isVanishing: whether somebody else has taken everything away before it is destroyed.
    public mutating func run(rounds: Int, isVanishing: Bool) {
        comeToRest("the first apply")
        for round in 0..<rounds where differences.isEmpty {
            disturb()
            comeToRest("round \(round)")
        }
        planner.desired = planner.desired.spec.emptied()
        if isVanishing { vanish() }
        comeToRest("destroy")
    }

    /// Somebody takes everything away at once; the agents' keys are left a while.
    private mutating func vanish() {
        world.timing = .prompt
        world.timing.lapse = 1000
        for (hypervisor, system) in world.hypervisors {
            for (node, domain) in system.domains where domain.mark != nil {
                world.undefineDomain(node, on: hypervisor)
                world.destroyDomain(node, on: hypervisor)
            }
        }
        for (unit, state) in world.units.units where state.mark != nil || state.kamailio != nil { world.remove(unit) }
    }

    private mutating func disturb() {
        let hypervisors = world.hypervisors.keys.sorted()
        for _ in 0..<chance.pick(1...3) { hand(chance.pick(hypervisors) ?? "") }
        guard chance.happens(400) else { return }
        planner.desired = Self.spec(&chance, hypervisors).expanded()
    }

    private mutating func hand(_ hypervisor: String) {
        let node = world.names.node(chance.pick(1...4))
        let owns = world.hypervisors[hypervisor]?.domains[node]?.mark?.owns
        let unit =
            chance.pick(world.units.units.filter { $0.value.mark != nil || $0.value.kamailio != nil }.keys.sorted())
            ?? ""
        switch chance.pick(0...17) {
        case 0...7 where owns == nil: break
        case 0: world.destroyDomain(node, on: hypervisor)
        case 1: world.undefineDomain(node, on: hypervisor)
        case 2: world.hypervisors[hypervisor]?.volumes[owns?.drive ?? ""] = nil
        case 3: world.hypervisors[hypervisor]?.reservations.removeAll { $0 == owns?.reservation }
        case 4: world.hypervisors[hypervisor]?.domains[node]?.hardware?.memoryMiB = 777
        case 5:
            world.destroyDomain(node, on: hypervisor)
            world.hypervisors[hypervisor]?.volumes[owns?.overlay ?? ""] = nil
        case 6:
            world.destroyDomain(node, on: hypervisor)
            world.undefineDomain(node, on: hypervisor)
        case 7: world.hypervisors[hypervisor]?.domains[node]?.running?.vcpus = 7
        case 8: world.remove(unit)
        case 9: world.changeUnit(unit)
        case 10: world.stopUnit(unit)
        case 11: world.crash(unit)
        case 12: world.deleteKey(chance.pick(world.etcd.values.keys.sorted()) ?? "")
        case 13: world.spoilKey(world.names.sharesKey)
        case 14: world.ring(chance.pick(world.etcd.shares?.instances.map(\.name) ?? []) ?? "")
        case 15, 16: world.order(chance.pick(CanaryOrder.allCases) ?? .pause)
        default:
            // A unit goes, and with it the instance from the manifest: its announcer is left.
            world.remove(unit)
            if planner.desired.spec.canary == nil, planner.desired.spec.asterisk.replicas > 1 {
                planner.desired.spec.asterisk.replicas -= 1
                planner.desired = planner.desired.spec.expanded()
            }
        }
    }

    /// Step after step, until nothing is left to do.
    private mutating func comeToRest(_ what: String) {
        var steps = 0
        while differences.isEmpty {
            let step = planner.step(world.observed, now: world.now)
            guard !step.isConverged else { return }
            steps += 1
            guard steps < 200 else { return differences.append("\(what): no end: \(step.summary)") }
            carryOut(step, "\(what), step \(steps)")
        }
    }

    private mutating func carryOut(_ step: Step, _ what: String) {
        var foreseen = world.observed
        foreseen.predict(step.actions, world.names, at: world.now)
        // Once in a while an action is cut short: nobody foresaw that, and the next step has to see what is left.
        var isCut = false
        for action in step.actions {
            if chance.happens(100) {
                isCut = true
                cut(action)
            } else {
                carryOut(action, what)
            }
        }
        if !isCut { compare(foreseen, .still, "\(what): \(step.summary), together") }
        let instances = settle(&foreseen, what)
        while let next = world.nextEvent { world.advance(to: next) }
        if !isCut { compare(foreseen, .settled, waitedFor: instances, "\(what): \(step.summary), settled") }
    }

    /// Wait after wait, until nothing is waited for.
    /// - Returns: the instances whose coming or going was waited for.
    private mutating func settle(_ foreseen: inout Observed, _ what: String) -> Set<String> {
        var instances: Set<String> = []
        var turns = 0
        // A canary's step has a time of its own, which is let go by once.
        var pause = 0
        defer { world.advance(to: world.now.advanced(bySeconds: pause)) }
        while true {
            let waits = planner.step(foreseen, now: world.now).waits.filter { pause == 0 || WaitKind($0) != .rollout }
            guard !waits.isEmpty else { return instances }
            turns += 1
            guard turns < 6 else {
                differences.append("\(what): settled, and waited for all the same: \(Step(waits: waits).summary)")
                return instances
            }
            waitedFor.formUnion(waits.map(WaitKind.init))
            instances.formUnion(waits.compactMap { $0.instance(world.names) })
            for wait in waits where WaitKind(wait) == .drain { world.hangUp(wait.target) }
            foreseen.settle(waits, world.names, at: world.now)
            for wait in waits where WaitKind(wait) == .drain {
                let (left, seen) = (foreseen.registry.value?.calls[wait.target]?.calls, world.calls[wait.target])
                if left != 0 || seen != 0 { differences.append("\(what): drained \(wait.target) has calls") }
            }
            for case .rollout(_, let calls) in waits.map(\.subject) { world.talk(calls) }
            pause = max(pause, waits.filter { WaitKind($0) == .rollout }.map(\.limit).max() ?? 0)
        }
    }

    private mutating func carryOut(_ action: Action, _ what: String) {
        let kind = ActionKind(action)
        world.timing = [.removeInstance, .removeKamailio].contains(kind) ? .departing : .prompt
        var foreseen = world.observed
        foreseen.predict([action], world.names, at: world.now)
        do throws(PortError) {
            for operation in Procedure(action, cluster: world.names.cluster, at: world.now).operations {
                try world.perform(operation, under: leadership)
            }
        } catch {
            differences.append("\(what): \(kind) \(action.target) failed: \(error)")
        }
        compared[kind, default: 0] += 1
        compare(foreseen, .still, "\(what): \(kind) \(action.target)")
    }

    private mutating func cut(_ action: Action) {
        world.timing = .prompt
        let operations = Procedure(action, cluster: world.names.cluster, at: world.now).operations
        for operation in operations.prefix(chance.pick(0...operations.count - 1)) {
            try? world.perform(operation, under: leadership)
        }
    }

    private mutating func compare(
        _ foreseen: Observed, _ moment: Likeness.Moment, waitedFor instances: Set<String>? = nil, _ what: String
    ) {
        let found = Likeness(world.observed, world.names, moment)
            .differences(from: Likeness(foreseen, world.names, moment), waitedFor: instances)
        differences += found.map { "\(what): \($0)" }
    }
}
