import ClusterModel
import Planning
import Testing

@testable import Reconciler

// Leadership and time.
extension MachineTests {
    @Test("while one question for the lease is open no second is asked, whatever changes")
    func asksOnce() {
        var machine = Machine(planner: planner(nodes: 1), settings: Settings(mode: .continuous))
        _ = machine.handle(.begin, at: start)
        #expect(words(machine.handle(.observed(world()), at: start)) == ["acquire"])
        #expect(words(machine.handle(.changed, at: start)) == [])
        #expect(words(machine.handle(.leadership(.refused(by: nil)), at: start)) == ["wake +1"])
        #expect(words(machine.handle(.changed, at: start)) == ["observe"])
        #expect(words(machine.handle(.observed(world()), at: start)) == ["acquire"])
        // The answer has yet to come.
        #expect(words(machine.handle(.changed, at: start)) == [])
        #expect(words(machine.handle(.woke, at: start)) == [])
        #expect(words(machine.handle(.leadership(.granted), at: start)) == ["observe"])
    }

    @Test("who is waited for is not forgotten over a question that failed")
    func waitsOn() {
        var machine = Machine(planner: planner(nodes: 1), settings: Settings(mode: .once))
        _ = machine.handle(.begin, at: start)
        _ = machine.handle(.observed(world()), at: start)
        _ = machine.handle(.leadership(.refused(by: nil)), at: start)
        let error = PortError(.unreachable, "no route to host")
        var now = start.advanced(bySeconds: 1)
        _ = machine.handle(.woke, at: now)
        #expect(words(machine.handle(.observed(world()), at: now)) == ["acquire"])
        _ = machine.handle(.leadership(.failed(error)), at: now)
        now = start.advanced(bySeconds: 12)
        _ = machine.handle(.woke, at: now)
        #expect(words(machine.handle(.observed(world()), at: now)) == ["release", "end not leader"])
    }

    @Test("questions for the lease that failed are counted from the last answer on, and are put later each time")
    func failuresEnd() {
        var machine = Machine(planner: planner(nodes: 1), settings: Settings(mode: .once))
        let error = PortError(.unreachable, "no route to host")
        var now = start
        _ = machine.handle(.begin, at: now)
        for round in 0..<3 {
            for _ in 0..<2 {
                #expect(words(machine.handle(.observed(world()), at: now)) == ["acquire"], "round \(round)")
                let effects = machine.handle(.leadership(.failed(error)), at: now)
                #expect(words(effects).first?.hasPrefix("wake") == true, "round \(round)")
                // A change is no reason to ask sooner.
                #expect(words(machine.handle(.changed, at: now)) == ["observe"])
                #expect(words(machine.handle(.observed(world()), at: now)).first?.hasPrefix("wake") == true)
                now = now.advanced(bySeconds: 20)
                #expect(words(machine.handle(.woke, at: now)) == ["observe"])
            }
            #expect(words(machine.handle(.observed(world()), at: now)) == ["acquire"])
            #expect(words(machine.handle(.leadership(.granted), at: now)) == ["observe"])
            #expect(words(machine.handle(.observed(world()), at: now)) == ["perform a-node-1"])
            _ = machine.handle(.leadership(.lost), at: now)
            let lost = PortError(.notLeader, "the lease has run out")
            #expect(words(machine.handle(.finished(target: "a-node-1", lost), at: now)) == ["observe"])
        }
    }

    @Test("a lease that is asked for when it is told to stop is given back")
    func stopsWhileAsking() {
        var machine = Machine(planner: planner(nodes: 1), settings: Settings(mode: .once))
        _ = machine.handle(.begin, at: start)
        _ = machine.handle(.observed(world()), at: start)
        #expect(words(machine.handle(.stop, at: start)) == [])
        #expect(words(machine.handle(.leadership(.granted), at: start)) == ["release", "end stopped"])
    }

    @Test("each outage gets the whole patience, also when work and no rest lay between two of them")
    func patienceAnew() {
        var machine = acting(nodes: 1, Settings(mode: .once, timeLimit: 1000))
        _ = machine.handle(.observed(world()), at: start)
        _ = machine.handle(.finished(target: "a-node-1", nil), at: start)
        #expect(words(machine.handle(.observed(world(etcd: "away")), at: start)) == ["wake +1"])
        _ = machine.handle(.woke, at: start)
        #expect(words(machine.handle(.observed(world()), at: start)) == ["perform a-node-1"])
        let later = start.advanced(bySeconds: Machine.patience + 1)
        _ = machine.handle(.finished(target: "a-node-1", nil), at: later)
        #expect(words(machine.handle(.observed(world(etcd: "away")), at: later)) == ["wake +32"])
        let end = later.advanced(bySeconds: Machine.patience)
        _ = machine.handle(.woke, at: end)
        #expect(words(machine.handle(.observed(world(etcd: "away")), at: end)) == ["release", "end unreachable"])
    }

    @Test("its time is up also while there is always something to do")
    func timeIsUp() {
        var machine = acting(nodes: 1, Settings(mode: .once, timeLimit: 10))
        for second in 0..<10 {
            let now = start.advanced(bySeconds: second)
            #expect(words(machine.handle(.observed(world()), at: now)) == ["perform a-node-1"])
            #expect(words(machine.handle(.finished(target: "a-node-1", nil), at: now)) == ["observe"])
        }
        #expect(
            words(machine.handle(.observed(world()), at: start.advanced(bySeconds: 10))) == [
                "release", "end timed out",
            ])
    }

    @Test("once its time is up no action of the step begins any more, and what runs is let end")
    func nothingBeginsLate() {
        var machine = acting(nodes: 2, Settings(mode: .once, parallel: 1, timeLimit: 10))
        #expect(words(machine.handle(.observed(world()), at: start)) == ["perform a-node-1"])
        let late = start.advanced(bySeconds: 11)
        #expect(words(machine.handle(.finished(target: "a-node-1", nil), at: late)) == ["observe"])
        #expect(words(machine.handle(.observed(world()), at: late)) == ["release", "end timed out"])
    }
}
