import ClusterModel
import FoundationEssentials
import Planning

/// A cluster in memory for the planner: a third of its objects are nodes, a third instances, a third announcers.
struct PlanWorld {
    let planner: Planner
    let empty: Observed
    let standing: Observed
    let now: Instant
    let objects: Int

    init(objects: Int) throws {
        let nodes = objects / 3
        self.objects = 3 * nodes
        let image = "/images/base.qcow2"
        let spec = ClusterSpec(
            name: "astricon", connections: Connections(etcd: ["http://10.0.0.2:2379"], fleet: "http://10.0.0.2:49153"),
            hypervisors: [HypervisorSpec()],
            nodes: NodesSpec(
                count: nodes, image: image, addresses: (0..<nodes).map { IPv4(number: 0x0A01_0000 + UInt32($0)) }),
            asterisk: AsteriskSpec(replicas: nodes, workload: Workload(image: "registry.example.net/asterisk:20.9")))
        planner = Planner(desired: spec.expanded())
        let start = Instant(seconds: 1_800_000_000)
        let hypervisor = HypervisorState(
            domains: [:], pool: PoolState(active: true, volumes: []),
            network: NetworkState(active: true, address: IPv4("10.0.0.1"), prefix: 8, reservations: []))
        empty = Observed(
            hypervisors: ["default": .known(hypervisor, at: start)], registry: .known(RegistryState(), at: start),
            units: .known(UnitsState(), at: start),
            images: [image: .known(ImageFile(sha256: String(repeating: "5", count: 64), bytes: 1000), at: start)])
        var world = empty
        var clock = start
        while true {
            let step = planner.step(world, now: clock)
            guard !step.isConverged else { break }
            world.predict(step.actions, planner.desired.names, at: clock)
            clock = clock.advanced(bySeconds: step.waits.map(\.limit).max() ?? 0)
            world.settle(step.waits, planner.desired.names, at: clock)
        }
        standing = try Self.reread(world)
        now = clock.advanced(bySeconds: 1000)
    }

    /// As it would come from the systems: nothing in it shares storage with what the planner makes.
    static func reread(_ world: Observed) throws -> Observed {
        var world = world
        for name in world.hypervisors.keys {
            guard case .known(var state, let at)? = world.hypervisors[name] else { continue }
            for (name, domain) in state.domains {
                guard let mark = domain.nodeMark, let hardware = domain.hardware else { continue }
                state.domains[name]?.mark = .readable(try copy(mark))
                state.domains[name]?.hardware = try copy(hardware)
            }
            world.hypervisors[name] = .known(state, at: at)
        }
        guard case .known(var units, let at) = world.units else { return world }
        for (name, unit) in units.units {
            if let mark = unit.mark { units.units[name]?.mark = try copy(mark) }
        }
        world.units = .known(units, at: at)
        return world
    }

    private static func copy<Value: Codable>(_ value: Value) throws -> Value {
        try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value))
    }
}

/// The floor: the same objects in two dictionaries, compared.
struct BareDiff {
    enum Object: Equatable {
        case node(NodeInputs)
        case instance(InstanceInputs)
        case announcer(of: String)
    }

    let desired: [String: Object]
    let observed: [String: Object]

    /// Names to create, to change and to destroy.
    func run() -> (created: [String], changed: [String], destroyed: [String]) {
        var created: [String] = []
        var changed: [String] = []
        for (name, wanted) in desired {
            guard let found = observed[name] else {
                created.append(name)
                continue
            }
            if found != wanted { changed.append(name) }
        }
        return (created, changed, observed.keys.filter { desired[$0] == nil })
    }
}

extension BareDiff {
    /// What stands against an equal copy of itself.
    init(_ world: PlanWorld, isEmpty: Bool) throws {
        desired = Self.objects(world.standing)
        observed = isEmpty ? [:] : Self.objects(try PlanWorld.reread(world.standing))
    }

    private static func objects(_ world: Observed) -> [String: Object] {
        var objects: [String: Object] = [:]
        for reading in world.hypervisors.values {
            for (name, domain) in reading.value?.domains ?? [:] {
                if let mark = domain.nodeMark { objects[name] = .node(mark.inputs) }
            }
        }
        for (name, unit) in world.units.value?.units ?? [:] {
            guard let mark = unit.mark else { continue }
            objects[name] = mark.announces.map { .announcer(of: $0) } ?? .instance(mark.inputs)
        }
        return objects
    }
}
