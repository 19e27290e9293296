import ClusterModel
import Reconciler

/// All the systems that a cluster lives in, as one plain value with a clock of its own. It implements what operations ask
/// (define, start, put) itself; `predict` and `settle` have no part in it.
public struct SimulatedWorld: Sendable {
    public private(set) var now: Instant
    public let names: Names
    public var timing: Timing
    public var hypervisors: [String: SimulatedHypervisor]
    public var etcd: SimulatedEtcd
    public var units = SimulatedUnits()
    public var images: [String: ImageFile] = [:]
    public var kamailios = ["edge": SimulatedKamailio()]
    /// Of a hundred calls to a canary, those that fail.
    public var badCanary = 0
    /// Whether guests have an agent that tells their names once they are up.
    public var hasAgents = false
    /// Calls that really are up, by instance.
    public internal(set) var calls: [String: Int] = [:]
    /// What was done to running instances since it was last asked for.
    public var kills: [Kill] = []
    public var damage: [Damage] = []
    private var agenda: [Due] = []
    private var serial = 0

    /// A service of an instance ended while it ran.
    public struct Kill: Sendable, Hashable {
        public var instance: String
        public var calls: Int
        /// Whether etcd said how many calls were up.
        public var isCounted: Bool
        /// Whether calls were dealt to it.
        public var isDealt: Bool
    }

    enum Event: Sendable {
        case joins(hypervisor: String, node: String, boot: Int)
        case leaves(machine: String)
        case starts(unit: String, generation: Int)
        case shows(unit: String, generation: Int)
        case registers(instance: String, main: Int, announcer: Int)
        case takes(kamailio: String)
        case fallsSilent(kamailio: String)
        /// An announcer says how many calls there are.
        case counts(instance: String)
        /// `since`: when it registered; `nil`: somebody took its key away before.
        case lapses(instance: String, since: Instant?)
        /// Rubbish that somebody put under a lease.
        case withers(String)
        case forgets(unit: String, SimulatedUnits.State)
    }

    private struct Due: Sendable {
        var at: Instant
        var serial: Int
        var event: Event
    }

    public init(cluster: String, hypervisors: [String], timing: Timing, at now: Instant) {
        self.now = now
        names = Names(cluster: cluster)
        self.timing = timing
        etcd = SimulatedEtcd(names: Names(cluster: cluster))
        self.hypervisors = [:]
        for name in hypervisors { self.hypervisors[name] = SimulatedHypervisor() }
    }

    mutating func nextGeneration() -> Int {
        serial += 1
        return serial
    }

    mutating func schedule(_ event: Event, after milliseconds: Int) {
        serial += 1
        let due = Due(
            at: Instant(milliseconds: now.milliseconds + Int64(milliseconds)), serial: serial, event: event)
        let index = agenda.firstIndex { $0.at > due.at } ?? agenda.endIndex
        agenda.insert(due, at: index)
    }

    /// Lets time pass, with all that the systems do in it.
    public mutating func advance(to time: Instant) {
        while let due = agenda.first, due.at <= time {
            agenda.removeFirst()
            now = max(now, due.at)
            happen(due.event)
        }
        now = max(now, time)
        etcd.expire(now)
    }

    public mutating func advance(bySeconds seconds: Int) { advance(to: now.advanced(bySeconds: seconds)) }

    /// The moment of the next thing that the systems do by themselves.
    public var nextEvent: Instant? { agenda.first?.at }

    /// Carries out one operation, as the ports do.
    public mutating func perform(_ operation: Operation, under leadership: Leadership) throws(PortError) {
        switch operation {
        case .hypervisor(let name, let operation):
            guard var hypervisor = hypervisors[name] else { throw PortError(.refused, "no hypervisor '\(name)'") }
            let changes = try hypervisor.perform(operation, damage: &damage)
            hypervisors[name] = hypervisor
            follow(changes, on: name)
        case .registry(let operation):
            try etcd.perform(operation, under: leadership, now)
            if case .writeShares = operation {
                tellKamailios()
                tellAnnouncers()
            }
        case .units(let operation): try perform(operation)
        }
    }

    /// Everything as it is at this moment.
    public var observed: Observed {
        Observed(
            hypervisors: hypervisors.mapValues { .known($0.state, at: now) }, registry: .known(etcd.state, at: now),
            units: .known(units.state, at: now), images: images.mapValues { .known($0, at: now) })
    }
}
