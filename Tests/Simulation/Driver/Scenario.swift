import ClusterModel
import Planning
import Provisioning
import Reconciler

/// A whole run: a world with foreign things in it, a manifest that changes, faults for a while, and then the way to the end.
public struct Scenario: Sendable {
    public var seed: UInt64
    /// Rounds with faults.
    public var cycles: Int
    public var tampering = Tampering()
    /// Whether faults stop after those rounds and everything has to come to rest.
    public var comesToRest = true
    public var isTracing = false

    public init(seed: UInt64, cycles: Int = 40) {
        self.seed = seed
        self.cycles = cycles
    }

    public struct Result: Sendable {
        public var violations: [String]
        public var cycles: Int
        /// What became of canaries on the way.
        public var canaries: Set<CanaryFate>
        public var trace: [String]
    }

    public func run() -> Result {
        var chance = Chance(seed: seed)
        let start = Instant(seconds: 1_800_000_000)
        let hypervisors = chance.happens(300) ? ["h1", "h2"] : ["h1"]
        let spec = Self.spec(&chance, hypervisors, kamailios: chance.happens(600) ? ["edge"] : [])
        var world = SimulatedWorld(
            cluster: spec.name, hypervisors: hypervisors, timing: .drawn(&chance), at: start)
        Self.furnish(&world)
        if spec.kamailio.external.isEmpty { world.kamailios = [:] }
        if chance.happens(400) { world.badCanary = chance.pick(20...100) }
        let allow = chance.happens(700) ? 100 : nil
        let planner = Planner(desired: spec.expanded(), allowDestroy: allow)
        var simulation = Simulation(seed: chance.next(), world: world, planner: planner, tampering: tampering)
        simulation.isTracing = isTracing
        simulation.faults = .drawn(&chance)
        simulation.announce(planner)
        simulation.begin(mode: .continuous)
        if chance.happens(500) { simulation.begin(mode: .continuous) }
        simulation.disturb(for: cycles, hypervisors)
        if comesToRest { simulation.converge() }
        return Result(
            violations: simulation.violations, cycles: simulation.cycles, canaries: simulation.canaries,
            trace: simulation.trace)
    }

    /// Foreign things, and the image files that manifests name.
    static func furnish(_ world: inout SimulatedWorld) {
        seedForeign(&world)
        world.beginTraffic()
        world.images["/images/base.qcow2"] = ImageFile(sha256: String(repeating: "5", count: 64), bytes: 1 << 30)
        world.images["/images/next.qcow2"] = ImageFile(sha256: String(repeating: "6", count: 64), bytes: 1 << 30)
    }

    static func spec(_ chance: inout Chance, _ hypervisors: [String], kamailios: [String]) -> ClusterSpec {
        let nodes = chance.pick(1...4)
        let perNode = chance.pick(1...2)
        let canary = nodes * perNode > 1 && chance.happens(300) ? 1 : 0
        var spec = ClusterSpec(
            name: "a", connections: Connections(etcd: ["http://10.0.9.1:2379"], fleet: "http://10.0.9.1:49153"),
            hypervisors: hypervisors.map { HypervisorSpec(name: $0) },
            nodes: NodesSpec(
                count: nodes, image: chance.happens(800) ? "/images/base.qcow2" : "/images/next.qcow2",
                addresses: (11...18).map { IPv4(number: 0x0A00_0000 + $0) },
                memoryMiB: chance.happens(800) ? 2048 : 4096, diskGiB: chance.happens(900) ? 20 : 40),
            asterisk: AsteriskSpec(
                replicas: chance.pick(1...max(1, nodes * perNode - canary)),
                workload: Workload(image: chance.happens(700) ? "asterisk:20" : "asterisk:21"), perNode: perNode),
            canary: canary == 0
                ? nil
                : CanarySpec(
                    replicas: 1, workload: Workload(image: "asterisk:22"), weight: chance.pick(0...100),
                    steps: chance.happens(500) ? [] : [RolloutStep(weight: 10, pause: 30, calls: 20)]),
            safety: SafetySpec(maxDestroy: 3))
        spec.kamailio.external = kamailios
        if chance.happens(200) { spec.asterisk.probe = ProbeSpec(extension: "9000") }
        if chance.happens(200) { spec.discovery = [.dialtone, .dispatcher] }
        if chance.happens(300) { spec.canary?.workload.env = ["CODECS": "opus"] }
        return spec
    }

    /// Things of others, with names as close to ours as they can be without being ours.
    private static func seedForeign(_ world: inout SimulatedWorld) {
        for name in world.hypervisors.keys {
            for domain in ["a-node-01", "a-node-1x", "aa-node-1", "a-node", "A-node-1"] {
                world.hypervisors[name]?.domains[domain] = SimulatedHypervisor.Domain(
                    uuid: "\(name)-\(domain)", isRunning: true)
            }
            for volume in ["a-node-1.raw", "a-node-01.qcow2", "dialtone-0000.qcow2", "a-node-1-drive-x.iso"] {
                world.hypervisors[name]?.volumes[volume] = SimulatedHypervisor.Volume(backing: nil, generation: 0)
            }
            world.hypervisors[name]?.reservations = [
                Reservation(mac: "52:54:00:00:00:01", name: "a-node-1", address: IPv4(number: 0x0A00_00C8))
            ]
        }
        for unit in ["a-asterisk-01", "a-asterisk", "aa-asterisk-1", "a-announcer-x"] {
            world.units.units[unit] = SimulatedUnits.Unit([.init("Service", "ExecStart", "/bin/true")])
        }
        world.units.machines["foreign"] = "elsewhere"
    }
}
