import ClusterModel
import Planning
import Reconciler

/// Runs controllers against a simulated world. Everything that happens is drawn from the seed, so a seed replays.
public struct Simulation {
    public let seed: UInt64
    var chance: Chance
    public internal(set) var world: SimulatedWorld
    var controllers: [Controller] = []
    var planner: Planner
    let tampering: Tampering
    var faults: Faults
    public internal(set) var violations: [String] = []
    /// What happened, line by line; empty unless it was asked for.
    public internal(set) var trace: [String] = []
    public var isTracing = false
    /// Observe, decide, act: how often that came about.
    public internal(set) var cycles = 0
    /// Operations that controllers have carried out.
    var operations = 0
    /// The controller that carries this one out ends after it, its state lost.
    var crashAfter: Int?
    var guardian: Guardian
    var past = Past()
    var canaries: Set<CanaryFate> = []
    private var agenda: [Scheduled] = []
    private var serial = 0

    private struct Scheduled {
        var at: Instant
        var serial: Int
        /// `nil`: the world's own.
        var controller: (id: Int, life: Int)?
        var task: Task
    }

    public init(seed: UInt64, world: SimulatedWorld, planner: Planner, tampering: Tampering = Tampering()) {
        self.seed = seed
        chance = Chance(seed: seed)
        self.world = world
        self.planner = planner
        self.tampering = tampering
        faults = .none
        guardian = Guardian(world)
    }

    var now: Instant { world.now }

    mutating func note(_ line: @autoclosure () -> String) {
        guard isTracing else { return }
        trace.append("\(now.milliseconds % 100_000_000) \(line())")
    }

    mutating func schedule(_ task: Task, of controller: Int, after milliseconds: Int) {
        serial += 1
        let at = Instant(milliseconds: now.milliseconds + Int64(milliseconds))
        let scheduled = Scheduled(
            at: at, serial: serial, controller: (controller, controllers[controller].life), task: task)
        agenda.insert(scheduled, at: agenda.firstIndex { $0.at > at } ?? agenda.endIndex)
    }

    /// Starts a controller, or one that crashed anew.
    public mutating func begin(mode: Settings.Mode, controller id: Int? = nil) {
        let settings = Settings(
            mode: mode, interval: chance.pick(5...30), parallel: chance.pick(1...8), seed: chance.next())
        let machine = Machine(planner: tampering.planner(planner), settings: settings)
        let index = id ?? controllers.count
        if index == controllers.count { controllers.append(Controller(id: index, life: 0, machine: machine)) }
        let life = controllers[index].life + 1
        controllers[index] = Controller(id: index, life: life, machine: machine)
        note("controller \(index) begins")
        tell(.begin, to: index)
    }

    /// Does the next thing that is due; `false`: nothing is.
    public mutating func step() -> Bool {
        guard !agenda.isEmpty else { return false }
        let due = agenda.removeFirst()
        world.advance(to: due.at)
        guard let (id, life) = due.controller, controllers[id].life == life, controllers[id].isAlive else {
            return true
        }
        if let thaw = controllers[id].frozenUntil {
            if thaw > now {
                serial += 1
                let later = Scheduled(at: thaw, serial: serial, controller: due.controller, task: due.task)
                agenda.insert(later, at: agenda.firstIndex { $0.at > thaw } ?? agenda.endIndex)
                return true
            }
            controllers[id].frozenUntil = nil
        }
        carryOut(due.task, of: id)
        return true
    }

    private mutating func carryOut(_ task: Task, of id: Int) {
        switch task {
        case .deliver(let event): tell(event, to: id)
        case .read(let source): read(source, for: id)
        case .acquire: acquire(for: id)
        case .renew(let leadership): renew(leadership, for: id)
        case .operate(let target): operate(target, for: id)
        case .wake(let number): if controllers[id].wake == number { tell(.woke, to: id) }
        }
    }

    mutating func tell(_ event: Event, to id: Int) {
        let effects = controllers[id].machine.handle(event, at: now)
        for effect in effects { carryOut(effect, for: id) }
    }

    private mutating func carryOut(_ effect: Effect, for id: Int) {
        switch effect {
        case .observe:
            let sources = world.hypervisors.keys.sorted().map { Task.Source.hypervisor($0) } + [.registry, .units]
            controllers[id].reading = Controller.Reading(parts: world.observed, left: sources.count)
            for source in sources { schedule(.read(source), of: id, after: delay(1500)) }
        case .acquire: schedule(.acquire, of: id, after: delay(500))
        case .release:
            if let held = controllers[id].held { world.etcd.release(held.leadership) }
            controllers[id].held = nil
        case .perform(let action, let time):
            let cluster = controllers[id].machine.planner.desired.spec.name
            let operations = tampering.operations(action, Procedure(action, cluster: cluster, at: time).operations)
            guardian.check(action, of: controllers[id].machine.planner, basedOn: controllers[id].seen, &violations)
            controllers[id].jobs[action.target] = Controller.Job(
                action: action, operations: operations, basis: controllers[id].seen)
            schedule(.operate(target: action.target), of: id, after: delay(1000))
        case .wake(let time):
            controllers[id].wake += 1
            schedule(
                .wake(controllers[id].wake), of: id, after: Int(max(0, time.milliseconds - now.milliseconds)))
        case .report(.looked(let step, _)):
            cycles += 1
            note("controller \(id) decides: \(step.summary)")
        case .report: break
        case .end(let outcome):
            controllers[id].outcome = outcome
            note("controller \(id) ends")
        }
    }

    /// A little while, and once in a while a long one.
    mutating func delay(_ milliseconds: Int) -> Int {
        chance.pick(0...(chance.happens(faults.slow) ? milliseconds * 10 : milliseconds))
    }
}

extension Step {
    var summary: String {
        (actions.map { "\("\($0.kind)".prefix { $0 != "(" }) \($0.target)" } + waits.map { "wait \($0.target)" }
            + holds.map { "held \($0.action) \($0.target) (\($0.because))" }).joined(separator: "; ")
    }
}
