import ClusterModel
import Planning
import Testing

@Suite struct NodePlanningTests {
    static let rows: [Row] = [
        Row("a standing cluster needs nothing", []),
        Row(
            "a missing node is created and its instance waits for it",
            ["createNode a-node-2"]
        ) {
            $0.stop("a-node-2")
            $0.hypervisor.domains["a-node-2"] = nil
            let left = ($0.hypervisor.pool?.volumes ?? []).filter { !$0.hasPrefix("a-node-2") }
            $0.hypervisor.pool?.volumes = Set(left)
        },
        Row("a node that was left half-made is completed", ["completeNode a-node-2"]) {
            $0.stop("a-node-2")
            $0.change(mark: "a-node-2") { $0.startedAt = nil }
        },
        Row("a node that is off is started", ["startNode a-node-2"]) { $0.stop("a-node-2") },
        Row("a paused node is held", ["held(drift) change a-node-2"]) {
            $0.hypervisor.domains["a-node-2"]?.run = .paused
        },
        Row("a node in the middle of its start is waited for", ["wait join a-node-2"]) { Self.cutStart(&$0, ago: 29) },
        Row(
            "a node whose start was never finished is started anew by itself: first nothing is dealt to it, as to any that is off",
            ["writeShares shares"]
        ) { Self.cutStart(&$0, ago: 30) },
        Row("a node whose start was never finished is started anew", ["restartNode a-node-2"]) {
            Self.cutStart(&$0, ago: 30)
            $0.share("a-asterisk-2", .draining)
        },
        Row("a start that nobody marked and nobody finished is begun anew", ["restartNode a-node-2"]) {
            Self.cutStart(&$0, ago: 30)
            $0.share("a-asterisk-2", .draining)
            $0.change(mark: "a-node-2") { $0.startedAt = nil }
        },
        Row("an unfinished start on a disk that is gone is a replacement", ["replaceNode a-node-2"]) {
            Self.cutStart(&$0, ago: 30)
            $0.share("a-asterisk-2", .draining)
            $0.hypervisor.pool?.volumes.remove("a-node-2.qcow2")
        },
        Row(
            "an unfinished start of a node more than asked is no obstacle", ["destroyNode a-node-3"],
            standing: .sample(nodes: 3, replicas: 2), wanted: .sample(nodes: 2, replicas: 2)
        ) { $0.hypervisor.domains["a-node-3"]?.run = .starting },
        Row("a lost drive is put back around the running machine", ["updateNode a-node-2"]) { world in
            let drive = world.hypervisor.domains["a-node-2"]?.nodeMark?.owns.drive ?? ""
            world.hypervisor.pool?.volumes.remove(drive)
        },
        Row("a lost drive of a node that is off is put back before it starts", ["restartNode a-node-2"]) { world in
            world.stop("a-node-2")
            world.share("a-asterisk-2", .draining)
            let drive = world.hypervisor.domains["a-node-2"]?.nodeMark?.owns.drive ?? ""
            world.hypervisor.pool?.volumes.remove(drive)
        },
        Row("a lost reservation is put back", ["updateNode a-node-2"]) {
            $0.hypervisor.network?.reservations.removeAll { $0.name == "a-node-2" }
        },
        Row("a domain that was undefined while it runs is defined again", ["updateNode a-node-2"]) {
            $0.hypervisor.domains["a-node-2"]?.persistent = false
        },
        Row("a node without its disk is replaced once new calls are held off", ["writeShares shares"]) {
            $0.hypervisor.pool?.volumes.remove("a-node-2.qcow2")
        },
        Row("a drained node without its disk is replaced", ["replaceNode a-node-2"]) {
            $0.hypervisor.pool?.volumes.remove("a-node-2.qcow2")
            $0.share("a-node-2".asterisk, .draining)
        },
        Row("a node whose memory somebody changed is drained first", ["writeShares shares"]) {
            $0.hypervisor.domains["a-node-2"]?.hardware?.memoryMiB = 512
        },
        Row("a drained node whose memory somebody changed is restarted", ["restartNode a-node-2"]) {
            $0.hypervisor.domains["a-node-2"]?.hardware?.memoryMiB = 512
            $0.share("a-node-2".asterisk, .draining)
        },
        Row("a node off whose memory somebody changed is held off from calls and restarted", ["restartNode a-node-2"]) {
            $0.stop("a-node-2")
            $0.share("a-asterisk-2", .draining)
            $0.hypervisor.domains["a-node-2"]?.hardware?.memoryMiB = 512
        },
        Row("a running machine that somebody changed is drained and restarted", ["restartNode a-node-2"]) {
            let hardware = $0.hypervisor.domains["a-node-2"]?.hardware
            $0.hypervisor.domains["a-node-2"]?.running = hardware
            $0.hypervisor.domains["a-node-2"]?.running?.vcpus = 1
            $0.share("a-node-2".asterisk, .draining)
        },
        Row("a running machine that is as it was defined needs nothing", []) {
            let hardware = $0.hypervisor.domains["a-node-2"]?.hardware
            $0.hypervisor.domains["a-node-2"]?.running = hardware
        },
        Row(
            "what is to stand on a node that is held is held too",
            ["held(conflict) create a-node-2", "held(conflict) place a-asterisk-2"], wanted: .sample(addresses: 3)
        ) { world in
            world.stop("a-node-2")
            world.hypervisor.domains["a-node-2"] = nil
            world.units.units["a-asterisk-2"] = nil
            world.units.units["a-announcer-2"] = nil
            world.registry.shares?.instances.removeAll { $0.name == "a-asterisk-2" }
        },
        Row("a running node with calls is held off from new ones", ["writeShares shares"]) {
            $0.hypervisor.domains["a-node-2"]?.hardware?.vcpus = 1
            $0.calls(3, on: "a-node-2".asterisk)
        },
        Row("a running node with calls that end is waited for", ["wait drain a-asterisk-2"]) {
            $0.hypervisor.domains["a-node-2"]?.hardware?.vcpus = 1
            $0.share("a-node-2".asterisk, .draining)
            $0.calls(3, on: "a-node-2".asterisk)
        },
        Row("a running node whose calls are unknown is not restarted", ["held(calls) restart a-node-2"]) {
            $0.hypervisor.domains["a-node-2"]?.hardware?.vcpus = 1
            $0.calls(nil, on: "a-node-2".asterisk)
        },
        Row(
            "what is more than asked is moved off before it is destroyed",
            ["removeInstance a-asterisk-3"], wanted: .sample(nodes: 2, replicas: 2)
        ) { $0.share("a-asterisk-3", .draining) },
        Row(
            "an empty node more than asked is destroyed", ["destroyNode a-node-3"],
            standing: .sample(nodes: 3, replicas: 2), wanted: .sample(nodes: 2, replicas: 2)),
        Row("a node that runs and has not joined is waited for", ["wait join a-node-2"]) {
            $0.units.machines["machine-of-a-node-2"] = nil
            let now = $0.now
            $0.change(mark: "a-node-2") { $0.startedAt = now }
        },
        Row("a node that has not joined in time is held", ["held(overdue) wait a-node-2"]) {
            $0.units.machines["machine-of-a-node-2"] = nil
        },
        Row("a foreign domain of a node's name is a conflict", Self.displaced) {
            $0.stop("a-node-2")
            $0.hypervisor.domains["a-node-2"]?.mark = nil
        },
        Row("another cluster's domain of a node's name is a conflict", Self.displaced) {
            $0.stop("a-node-2")
            $0.change(mark: "a-node-2") { $0.cluster = "b" }
        },
        Row(
            "a mark that cannot be read is touched by nobody",
            ["held(conflict) create a-node-2", "held(conflict) change a-node-2", "held(capacity) place a-asterisk-2"]
        ) {
            $0.stop("a-node-2")
            $0.hypervisor.domains["a-node-2"]?.mark = .unreadable(reason: "format 9", cluster: "a")
        },
        Row(
            "a hypervisor that cannot be read holds all that needs it, and nothing moves off its nodes",
            ["held(unknown) create 3 nodes nodes"]
        ) { $0.observed.hypervisors["h"] = .unknown(reason: "connection refused", last: nil) },
    ]

    /// libvirtd ended in the middle of a start so many seconds ago.
    private static func cutStart(_ world: inout World, ago seconds: Int) {
        world.stop("a-node-2")
        world.hypervisor.domains["a-node-2"]?.run = .starting
        let startedAt = world.now.advanced(bySeconds: -seconds)
        world.change(mark: "a-node-2") { $0.startedAt = startedAt }
    }

    @Test("a start that was never finished is begun anew with its reason, and the plan ends in a standing cluster")
    func unfinishedStart() {
        let spec = ClusterSpec.sample(nodes: 1, replicas: 0)
        var world = World.standing(spec)
        world.hypervisor.domains["a-node-1"]?.run = .starting
        let plan = world.plan(spec)
        #expect(
            plan.steps.map { $0.actions.map(\.line) + $0.waits.map(\.line) } == [
                ["restartNode a-node-1"], ["wait join a-node-1"],
            ])
        #expect(
            plan.steps.first?.actions.first?.reason
                == "its start was not finished: libvirt ended in the middle of it or hangs")
        // One that is just being started is waited for, and foreseen to run.
        let now = world.now
        world.change(mark: "a-node-1") { $0.startedAt = now }
        let waiting = world.plan(spec)
        #expect(waiting.steps.map { $0.actions.map(\.line) + $0.waits.map(\.line) } == [["wait join a-node-1"]])
        #expect(waiting.holds == [])
    }

    @Test("given this world, exactly that is done", arguments: rows)
    func table(_ row: Row) {
        #expect(row.world.lines(row.wanted) == row.expected)
    }

    /// The instance has no node any more, and no other has room.
    static let displaced = ["held(conflict) create a-node-2", "held(capacity) place a-asterisk-2"]

    static let conflicts: [Row] = [
        Row("a foreign volume of a disk's name", ["held(conflict) create a-node-1"]) {
            $0.hypervisor.pool?.volumes.insert("a-node-1.qcow2")
        },
        Row("a foreign volume of the base image's name", ["held(conflict) create a-node-1"]) {
            $0.hypervisor.pool?.volumes.insert("dialtone-5555555555555555.qcow2")
        },
        Row("a foreign reservation of the address", ["held(conflict) create a-node-1 at cluster.yaml:7:20"]) {
            $0.hypervisor.network?.reservations.append(
                Reservation(mac: "52:54:00:00:00:01", name: "printer", address: IPv4(number: 0x0A00_000B)))
        },
        Row("a foreign reservation of the MAC address", ["held(conflict) create a-node-1"]) { world in
            let mac = world.definitions(.sample(nodes: 1, replicas: 0))[0].mark.owns.reservation.mac
            world.hypervisor.network?.reservations.append(
                Reservation(mac: mac, name: "other", address: IPv4(number: 0x0A00_0063)))
        },
        Row("a foreign domain with the UUID", ["held(conflict) create a-node-1"]) { world in
            let uuid = world.definitions(.sample(nodes: 1, replicas: 0))[0].uuid
            world.hypervisor.domains["other"] = DomainState(uuid: uuid, run: .off)
        },
        Row("no pool", ["held(environment) create a-node-1"]) { $0.hypervisor.pool = nil },
        Row("a pool that is not active", ["held(environment) create a-node-1"]) { $0.hypervisor.pool?.active = false },
        Row("no network", ["held(environment) create a-node-1"]) { $0.hypervisor.network = nil },
        Row("a network that is not active", ["held(environment) create a-node-1"]) {
            $0.hypervisor.network?.active = false
        },
        Row("a network of another range", ["held(environment) create a-node-1 at cluster.yaml:7:20"]) {
            $0.hypervisor.network?.address = IPv4("192.168.1.1")
        },
        Row("a network without a prefix", ["held(environment) create a-node-1 at cluster.yaml:7:20"]) {
            $0.hypervisor.network?.prefix = nil
        },
        Row("no image", ["held(environment) create a-node-1 at cluster.yaml:6:14"]) {
            $0.observed.images = ["/images/base.qcow2": .unknown(reason: "no such file", last: nil)]
        },
        Row("etcd unknown", ["held(unknown) create a-node-1"]) {
            $0.observed.registry = .unknown(reason: "refused", last: nil)
        },
        Row("fleet unknown is no obstacle for a node", ["createNode a-node-1"]) {
            $0.observed.units = .unknown(reason: "refused", last: nil)
        },
        Row("a foreign domain of a name close to ours is none", ["createNode a-node-1"]) {
            $0.hypervisor.domains["a-node-10"] = DomainState(uuid: "x", run: .running)
            $0.hypervisor.domains["a-node-01"] = DomainState(uuid: "y", run: .running)
            $0.hypervisor.domains["a-node-1x"] = DomainState(uuid: "z", run: .running)
        },
    ]

    @Test(
        "what stands in a new node's way is said, where the manifest can mend it with its place", arguments: conflicts)
    func conflict(_ row: Row) {
        let spec = ClusterSpec.sample(nodes: 1, replicas: 0)
        var world = World.empty(spec)
        row.given(&world)
        let step = world.step(spec)
        let found =
            step.actions.map(\.line)
            + step.holds.map { $0.line + ($0.location.map { " at \($0)" } ?? "") }
        #expect(found == row.expected)
    }

    @Test("a conflict keeps its own number: no other is taken for it")
    func conflictKeepsNumber() {
        let spec = ClusterSpec.sample(nodes: 3, replicas: 0)
        var world = World.empty(spec)
        world.hypervisor.domains["a-node-2"] = DomainState(uuid: "foreign", run: .running)
        #expect(
            world.lines(spec) == ["createNode a-node-1", "createNode a-node-3", "held(conflict) create a-node-2"])
    }

    @Test("too few addresses hold the nodes that get none, with the place of the addresses")
    func addresses() {
        let spec = ClusterSpec.sample(nodes: 3, replicas: 0, addresses: 2)
        let step = World.empty(spec).step(spec)
        #expect(step.lines == ["createNode a-node-1", "createNode a-node-2", "held(capacity) create a-node-3"])
        #expect(step.holds.first?.location == "cluster.yaml:7:20")
    }

    @Test("scale-in gives up nodes without instances first, then those with the fewest calls, then the youngest")
    func victims() {
        let spec = ClusterSpec.sample(nodes: 4, replicas: 3)
        var world = World.standing(spec)
        #expect(world.lines(spec.with { $0.nodes.count = 3 }) == ["destroyNode a-node-4"])
        world.calls(5, on: "a-asterisk-1")
        world.calls(7, on: "a-asterisk-3")
        // node-4 goes, then node-2, which alone has no calls: its instance is drained to move... and has no room.
        let step = world.step(
            spec.with {
                $0.nodes.count = 2
                $0.asterisk.replicas = 2
            })
        #expect(step.lines.contains("destroyNode a-node-4"))
        let draining = step.actions.compactMap { action -> [String]? in
            guard case .writeShares(let shares) = action.kind else { return nil }
            return shares.instances.filter { $0.state == .draining }.map(\.name)
        }
        #expect(draining == [["a-asterisk-2"]])
    }

    @Test("an image that cannot be read changes nothing about standing nodes")
    func unreadableImage() {
        let spec = ClusterSpec.sample()
        var world = World.standing(spec)
        world.observed.images = [spec.nodes.image: .unknown(reason: "gone", last: nil)]
        #expect(world.lines(spec) == [])
        world.stop("a-node-1")
        #expect(world.lines(spec) == ["startNode a-node-1"])
    }

    @Test("at most maxUnavailable nodes are touched at once, and the next only when that one is back")
    func maxUnavailable() {
        let spec = ClusterSpec.sample(maxDestroy: 100)
        let wanted = spec.with { $0.nodes.memoryMiB = 4096 }
        var world = World.standing(spec)
        for n in 1...3 { world.share("a-asterisk-\(n)", .draining) }
        #expect(world.lines(wanted).filter { $0.hasPrefix("restartNode") } == ["restartNode a-node-1"])
        world.units.machines["machine-of-a-node-3"] = nil
        #expect(world.lines(wanted).filter { $0.hasPrefix("restartNode") } == ["restartNode a-node-3"])
    }

    @Test("new nodes go where the fewest are, and one hypervisor out of reach holds new nodes and nothing else")
    func twoHypervisors() {
        let spec = ClusterSpec.sample(nodes: 4, replicas: 4, hypervisors: ["h1", "h2"])
        var world = World.empty(spec)
        let hypervisors = world.definitions(spec).map { "\($0.name) \($0.hypervisor)" }
        #expect(hypervisors == ["a-node-1 h1", "a-node-2 h2", "a-node-3 h1", "a-node-4 h2"])
        world = World.standing(spec)
        world.observed.hypervisors["h2"] = .unknown(reason: "refused", last: nil)
        #expect(world.lines(spec) == ["held(unknown) create 2 nodes nodes"])
        world.stop("a-node-1", on: "h1")
        #expect(world.lines(spec) == ["startNode a-node-1", "held(unknown) create 2 nodes nodes"])
    }

    @Test("a node that stands on two hypervisors is decided on in the same way each time")
    func doubledNode() {
        let spec = ClusterSpec.sample(nodes: 1, replicas: 0, hypervisors: ["h1", "h2"])
        var world = World.standing(spec)
        world[hypervisor: "h2"].domains["a-node-1"] = world[hypervisor: "h1"].domains["a-node-1"]
        world[hypervisor: "h2"].domains["a-node-1"]?.run = .off
        let steps = Set((0..<20).map { _ in world.lines(spec) })
        #expect(steps == [["held(conflict) change a-node-1"]])
    }
}

extension String {
    /// The instance on a node of a standing sample: it has the node's number.
    var asterisk: String { "a-asterisk-\(self.drop { $0 != "-" }.dropFirst("-node-".count))" }
}
