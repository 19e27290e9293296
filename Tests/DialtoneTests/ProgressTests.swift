import ClusterModel
import Reconciler
import Testing

@testable import dialtone

@Suite("Progress")
struct ProgressTests {
    private let create = Action(.createNode(Samples.node(1)), reason: "is not there")
    private let place = Action(.placeInstance(Samples.instance(1)), reason: "is not there")
    private let wait = Wait(.join(node: "a-node-1"), since: Samples.now, limit: 300, assumes: "boots and joins")
    private let hold = Hold("a-node-2", .drift, action: "change", because: "somebody paused it")

    private func world(_ reason: String? = nil) -> Observed {
        Observed(
            hypervisors: [:], registry: .known(RegistryState(), at: Samples.now),
            units: reason.map {
                .unknown(reason: $0, last: .init(value: UnitsState(), at: Samples.now.advanced(bySeconds: -5)))
            } ?? .known(UnitsState(), at: Samples.now))
    }

    private func later(_ seconds: Int) -> Instant { Samples.now.advanced(bySeconds: seconds) }

    @Test("Off a terminal each beginning and each end is a line, without any time")
    func plain() {
        var model = ProgressModel(isLive: false, isContinuous: false)
        var lines = model.handle(.looked(Step(actions: [create]), world()), at: later(0))
        lines += model.handle(.began(create), at: later(0))
        lines += model.handle(.finished(create, nil), at: later(7))
        lines += model.handle(.looked(Step(waits: [wait]), world()), at: later(8))
        lines += model.handle(.looked(Step(waits: [wait]), world()), at: later(9))
        lines += model.handle(.began(place), at: later(60))
        lines += model.handle(.finished(place, PortError(.refused, "fleet: 409")), at: later(61))
        lines += model.handle(.deposed, at: later(62))
        #expect(
            lines == [
                "begin: create node a-node-1", "done: create node a-node-1",
                "wait: node a-node-1 boots and joins, at most 300 s", "begin: place instance a-asterisk-1",
                "failed: place instance a-asterisk-1: fleet: 409",
                "deposed: the leader's lease is lost; nothing more is begun",
            ])
        #expect(model.live(at: later(63)).isEmpty)
        #expect(model.done == [create])
    }

    @Test("On a terminal an action is a live line with its time and its bytes, and then one that stays")
    func live() {
        var model = ProgressModel(isLive: true, isContinuous: false)
        #expect(model.handle(.began(create), at: later(0)) == [])
        #expect(model.live(at: later(3)) == ["  create node a-node-1, 3 s"])
        model.transferred("a-node-1", 3 << 28, of: 3 << 29)
        #expect(model.live(at: later(4)) == ["  create node a-node-1, 4 s, 768.0 MiB of 1.5 GiB (50 %)"])
        #expect(model.handle(.finished(create, nil), at: later(5)) == ["done: create node a-node-1 (5 s)"])
        #expect(model.handle(.looked(Step(waits: [wait]), world()), at: later(6)) == [])
        #expect(model.live(at: later(16)) == ["  wait: node a-node-1 boots and joins, 16 s of 300 s"])
    }

    @Test("No more lines are live than fit")
    func fit() {
        var model = ProgressModel(isLive: true, isContinuous: false)
        let waits = (1...9).map { Wait(.join(node: "n\($0)"), since: nil, limit: 9, assumes: "joins") }
        _ = model.handle(.looked(Step(waits: waits), world()), at: later(0))
        #expect(model.live(at: later(0)).count == 9)
        #expect(
            model.live(at: later(0), most: 3) == [
                "  wait: node n1 joins, 0 s of 9 s", "  wait: node n2 joins, 0 s of 9 s", "  and 7 more",
            ])
    }

    @Test("In `run`, holds and convergence are said when they come about, and once")
    func continuous() {
        var model = ProgressModel(isLive: false, isContinuous: true)
        let held = Step(holds: [hold])
        let line = "! held: change a-node-2 because somebody paused it"
        #expect(model.handle(.looked(held, world()), at: later(0)) == [line])
        #expect(model.handle(.looked(held, world()), at: later(1)) == [])
        #expect(model.handle(.looked(Step(), world()), at: later(2)) == ["converged"])
        #expect(model.handle(.looked(Step(), world()), at: later(3)) == [])
        #expect(model.handle(.looked(held, world()), at: later(4)) == [line])
    }

    @Test("What is unknown is said with its age, again each half minute, and when it is known again")
    func unknown() {
        var model = ProgressModel(isLive: false, isContinuous: true)
        let lines = [0, 10, 30, 31].map { model.handle(.looked(Step(), world("no answer")), at: later($0)) }
        #expect(
            lines == [
                ["unknown: fleet: no answer (last known 5 s ago)"], [],
                ["unknown: fleet: no answer (last known 35 s ago)"], [],
            ])
        #expect(model.handle(.looked(Step(), world()), at: later(32)) == ["known again: fleet", "converged"])
    }

    @Test("Another leader is said once")
    func standby() {
        var model = ProgressModel(isLive: false, isContinuous: true)
        let leader = LeaderRecord(name: "host-2", pid: 7, since: Samples.now)
        #expect(
            model.handle(.standingBy(leader), at: later(0)) == [
                "stand by: host-2 (pid 7, since 2026-01-02T03:04:05.000Z) leads"
            ])
        #expect(model.handle(.standingBy(leader), at: later(1)) == [])
    }

    @Test("Looks between do not make the same leader news; another leader, and one after this one has acted, are")
    func standbyAndLooks() {
        var model = ProgressModel(isLive: false, isContinuous: true)
        func said(_ name: String) -> [String] {
            _ = model.handle(.looked(Step(actions: [create]), world()), at: later(0))
            return model.handle(.standingBy(LeaderRecord(name: name, pid: 7, since: Samples.now)), at: later(0))
        }
        #expect(said("host-2").count == 1)
        #expect((0..<10).flatMap { _ in said("host-2") } == [])
        #expect(said("host-3").count == 1)
        _ = model.handle(.began(create), at: later(1))
        #expect(said("host-3").count == 1)
    }

    @Test(
        "Bytes, for people",
        arguments: [
            (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (1 << 20, "1.0 MiB"),
            (5 << 40, "5.0 TiB"), (5000 << 40, "5000.0 TiB"),
        ] as [(Int64, String)])
    func bytes(count: Int64, text: String) {
        #expect(Bytes.text(count) == text)
    }
}
