import ClusterModel
import Planning
import Testing

@Suite struct UnitPlanningTests {
    static let image = ClusterSpec.sample().with { $0.asterisk.workload.image = "asterisk:21" }
    static let replaced = ["replaceInstance a-asterisk-1"]

    static let rows: [Row] = [
        Row("a missing instance is placed", ["placeInstance a-asterisk-2", "writeShares shares"]) {
            $0.units.units["a-asterisk-2"] = nil
            $0.lapse("a-asterisk-2")
        },
        Row(
            "a missing instance waits until its key is gone",
            ["writeShares shares", "wait departure a-asterisk-2"]
        ) { $0.units.units["a-asterisk-2"] = nil },
        Row(
            "a missing instance waits until its state is gone",
            ["writeShares shares", "wait departure a-asterisk-2"]
        ) {
            $0.units.units["a-asterisk-2"] = nil
            $0.lapse("a-asterisk-2")
            $0.units.lingering.insert("a-asterisk-2")
        },
        Row("a ghost is no state", ["placeInstance a-asterisk-2", "writeShares shares"]) {
            $0.units.units["a-asterisk-2"] = nil
            $0.lapse("a-asterisk-2")
            $0.units.ghosts = ["a-asterisk-2 on deadbeef"]
        },
        Row("another image drains first, one at a time", ["writeShares shares"], wanted: image),
        Row("another image replaces what is drained", ["replaceInstance a-asterisk-1"], wanted: image) {
            $0.share("a-asterisk-1", .draining)
        },
        Row(
            "one is drained already, so no other begins", ["replaceInstance a-asterisk-3"], wanted: image
        ) { $0.share("a-asterisk-3", .draining) },
        Row("what is down costs nothing, and is drained first all the same", ["writeShares shares"], wanted: image) {
            $0.lapse("a-asterisk-2")
            $0.units.units["a-asterisk-2"]?.run = .failed(machine: "machine-of-a-node-2")
        },
        Row(
            "with two allowed, two are replaced", ["replaceInstance a-asterisk-1", "replaceInstance a-asterisk-2"],
            standing: .sample(maxUnavailable: 2), wanted: .sample(maxUnavailable: 2, image: "asterisk:21")
        ) {
            $0.share("a-asterisk-1", .draining)
            $0.share("a-asterisk-2", .draining)
        },
        Row("what others changed is put back", ["replaceInstance a-asterisk-2"]) {
            $0.units.units["a-asterisk-2"]?.intact = false
            $0.share("a-asterisk-2", .draining)
        },
        Row("what others stopped is started", ["placeInstance a-asterisk-2"]) {
            $0.units.units["a-asterisk-2"]?.launched = false
            $0.units.units["a-asterisk-2"]?.run = .unreported
            $0.lapse("a-asterisk-2")
        },
        Row("a missing announcer is put back", ["placeAnnouncer a-announcer-2"]) {
            $0.units.units["a-announcer-2"] = nil
        },
        Row("a changed announcer is put back", ["placeAnnouncer a-announcer-2"]) {
            $0.units.units["a-announcer-2"]?.intact = false
        },
        Row("a stopped announcer is put back", ["placeAnnouncer a-announcer-2"]) {
            $0.units.units["a-announcer-2"]?.launched = false
        },
        Row("an announcer of an older unit is put anew", ["placeAnnouncer a-announcer-2"]) {
            $0.units.units["a-announcer-2"]?.mark?.announces = "other"
        },
        Row("an announcer beside which nothing stands is removed", ["removeAnnouncer a-announcer-9"]) {
            $0.units.units["a-announcer-9"] = $0.units.units["a-announcer-1"]
        },
        Row("more than asked is drained first", ["writeShares shares"], wanted: .sample(replicas: 2)),
        Row("more than asked goes once drained", ["removeInstance a-asterisk-3"], wanted: .sample(replicas: 2)) {
            $0.share("a-asterisk-3", .draining)
        },
        Row("what is not up goes first", ["removeInstance a-asterisk-1"], wanted: .sample(replicas: 2)) {
            $0.units.units["a-asterisk-1"]?.run = .failed(machine: "machine-of-a-node-1")
            $0.lapse("a-asterisk-1")
            $0.share("a-asterisk-1", .draining)
        },
        Row(
            "an instance of a name that is not ours to give is removed", ["removeInstance a-asterisk-x"]
        ) { $0.units.units["a-asterisk-x"] = $0.units.units["a-asterisk-1"] },
        Row(
            "no room is said", ["held(capacity) place a-asterisk-4"], wanted: .sample(replicas: 4)),
        Row(
            "a node may carry more", ["placeInstance a-asterisk-4"], wanted: .sample(replicas: 4, perNode: 2)),
        Row(
            "a foreign unit is a conflict", ["held(conflict) place a-asterisk-4"],
            wanted: .sample(replicas: 4, perNode: 2)
        ) {
            $0.units.units["a-asterisk-4"] = UnitState(mark: nil, intact: true, launched: true, run: .unreported)
        },
        Row(
            "a foreign announcer is a conflict", ["held(conflict) place a-asterisk-4"],
            wanted: .sample(replicas: 4, perNode: 2)
        ) { $0.units.units["a-announcer-4"] = UnitState(mark: nil, intact: true, launched: true, run: .unreported) },
        Row("a foreign announcer beside a standing instance is a conflict", ["held(conflict) place a-announcer-2"]) {
            $0.units.units["a-announcer-2"]?.mark = nil
        },
        Row("one that has yet to register is waited for", ["wait registration a-asterisk-2"]) {
            $0.lapse("a-asterisk-2")
            let now = $0.now
            $0.units.units["a-announcer-2"]?.mark?.putAt = now
        },
        Row("one that has not registered in time is held", ["held(overdue) wait a-asterisk-2"]) {
            $0.lapse("a-asterisk-2")
        },
        Row("one registered before its node's start is not up", ["wait registration a-asterisk-2"]) {
            let now = $0.now
            $0.change(mark: "a-node-2") { $0.startedAt = now }
        },
        Row("one registered by another unit is not up", ["held(overdue) wait a-asterisk-2"]) {
            $0.registry.instances["a-asterisk-2"]?.unit = "other"
        },
        Row("nothing is said of units where fleet is unknown", [], wanted: image) {
            $0.observed.units = .unknown(reason: "refused", last: nil)
        },
    ]

    @Test("given this world, exactly that is done", arguments: rows)
    func table(_ row: Row) {
        #expect(row.world.lines(row.wanted) == row.expected)
    }

    static let gates: [Row] = [
        Row("calls are up", ["writeShares shares"], wanted: only1) { $0.calls(1, on: "a-asterisk-1") },
        Row("calls are up that came past the shares", ["writeShares shares"], wanted: only1) {
            $0.calls(1, on: "a-asterisk-1")
            $0.registry.shares?.instances = []
        },
        Row("calls are up while it is drained", ["wait drain a-asterisk-1"], wanted: only1) {
            $0.share("a-asterisk-1", .draining)
            $0.calls(1, on: "a-asterisk-1")
        },
        Row("no count was reported", ["held(calls) replace a-asterisk-1"], wanted: only1) {
            $0.calls(nil, on: "a-asterisk-1")
        },
        Row("it does not report, and is in the shares", ["held(calls) replace a-asterisk-1"], wanted: only1) {
            $0.lapse("a-asterisk-1")
        },
        Row("it does not report for want of its announcer", ["placeAnnouncer a-announcer-1"], wanted: only1) {
            $0.lapse("a-asterisk-1")
            $0.units.units["a-announcer-1"] = nil
        },
        Row("it does not report, and was never in the shares", ["replaceInstance a-asterisk-1"], wanted: only1) {
            $0.lapse("a-asterisk-1")
            $0.registry.shares?.instances = []
        },
        Row("it is not in the shares, and does not get there now", ["replaceInstance a-asterisk-1"], wanted: only1) {
            $0.registry.shares?.instances = []
        },
        Row("its service has ended, and no call is dealt to it", ["replaceInstance a-asterisk-1"], wanted: only1) {
            $0.units.units["a-asterisk-1"]?.run = .stopped(machine: "machine-of-a-node-1")
            $0.lapse("a-asterisk-1")
            $0.share("a-asterisk-1", .draining)
        },
        Row("nobody asked it to run, and it has no key", ["replaceInstance a-asterisk-1"], wanted: only1) {
            $0.units.units["a-asterisk-1"]?.launched = false
            $0.units.units["a-asterisk-1"]?.run = .unreported
            $0.lapse("a-asterisk-1")
            $0.share("a-asterisk-1", .draining)
        },
    ]

    static let only1 = ClusterSpec.sample(nodes: 1, replicas: 1, image: "asterisk:21")

    @Test("an instance is touched only when no call can be cut", arguments: gates)
    func gate(_ row: Row) {
        var world = World.standing(.sample(nodes: 1, replicas: 1))
        row.given(&world)
        #expect(world.lines(row.wanted) == row.expected)
    }

    @Test("an instance moves with its node's end: drained, removed, gone, placed elsewhere")
    func move() {
        let spec = ClusterSpec.sample(nodes: 2, replicas: 1)
        var world = World.standing(spec)
        // The instance is on node 1, and so is the call count that spares it: give node 2 a busier one.
        world = World.standing(.sample(nodes: 2, replicas: 2))
        world.calls(4, on: "a-asterisk-1")
        let plan = world.plan(.sample(nodes: 1, replicas: 2, perNode: 2))
        #expect(
            plan.actions.map(\.line) == [
                "writeShares shares", "removeInstance a-asterisk-2", "writeShares shares", "destroyNode a-node-2",
                "placeInstance a-asterisk-2", "writeShares shares",
            ])
    }

    @Test("while a hypervisor cannot be read, instances on its nodes stay where they are")
    func unseen() {
        let spec = ClusterSpec.sample(nodes: 2, replicas: 2, perNode: 2, hypervisors: ["h1", "h2"])
        var world = World.standing(spec)
        world.observed.hypervisors["h2"] = .unknown(reason: "refused", last: nil)
        #expect(world.lines(spec) == ["held(unknown) create 1 node nodes"])
        var newer = spec
        newer.asterisk.workload.image = "asterisk:newer"
        #expect(world.lines(newer).contains("held(unknown) replace a-asterisk-2"))
    }

    @Test("a node and an instance elsewhere do not go down in the same step")
    func sharedBudget() {
        let spec = ClusterSpec.sample()
        var world = World.standing(spec)
        world.hypervisor.domains["a-node-1"]?.hardware?.vcpus = 1
        world.units.units["a-asterisk-2"]?.intact = false
        world.share("a-asterisk-1", .draining)
        #expect(world.lines(spec) == ["restartNode a-node-1"])
        world.share("a-asterisk-1", .in)
        world.share("a-asterisk-2", .draining)
        #expect(world.lines(spec) == ["replaceInstance a-asterisk-2"])
    }
}
