import ClusterModel
import Planning
import Reconciler
import Testing

/// The machine, event by event: what it asks for, and how it ends.
@Suite struct MachineTests {
    let start = Instant(seconds: 1_000_000)

    func planner(nodes: Int) -> Planner {
        Planner(
            desired: ClusterSpec(
                name: "a", connections: Connections(etcd: ["http://127.0.0.1:2379"], fleet: "unix:/fleet.sock"),
                hypervisors: [HypervisorSpec()],
                nodes: NodesSpec(
                    count: nodes, image: "node.qcow2",
                    addresses: [IPv4(number: 0x0a00_000b), IPv4(number: 0x0a00_000c)]),
                asterisk: AsteriskSpec(replicas: 0, workload: Workload(image: "asterisk:20"))
            ).expanded())
    }

    func world(etcd: String? = nil) -> Observed {
        let network = NetworkState(active: true, address: IPv4(number: 0x0a00_0001), prefix: 24, reservations: [])
        let hypervisor = HypervisorState(
            domains: [:], pool: PoolState(active: true, volumes: ["node.qcow2"]), network: network)
        return Observed(
            hypervisors: ["default": .known(hypervisor, at: start)],
            registry: etcd.map { .unknown(reason: $0, last: nil) } ?? .known(RegistryState(), at: start),
            units: .known(UnitsState(), at: start))
    }

    /// What was asked for, a word each.
    func words(_ effects: [Effect]) -> [String] {
        effects.compactMap { effect in
            switch effect {
            case .observe: "observe"
            case .acquire: "acquire"
            case .release: "release"
            case .perform(let action, _): "perform \(action.target)"
            case .wake(let at): "wake +\(at.seconds(since: start))"
            case .report: nil
            case .end(let outcome): "end \(word(outcome))"
            }
        }
    }

    private func word(_ outcome: Outcome) -> String {
        switch outcome {
        case .converged: "converged"
        case .held(let holds): "held \(holds.count)"
        case .failed(let failures): "failed after \(failures.map(\.attempts))"
        case .unreachable: "unreachable"
        case .timedOut: "timed out"
        case .notLeader: "not leader"
        case .stopped: "stopped"
        }
    }

    @Test("where nothing is to be done it ends without asking for the lease")
    func converged() {
        var machine = Machine(planner: planner(nodes: 0), settings: Settings(mode: .once))
        #expect(words(machine.handle(.begin, at: start)) == ["observe"])
        #expect(words(machine.handle(.observed(world()), at: start)) == ["release", "end converged"])
        #expect(words(machine.handle(.woke, at: start)) == [])
    }

    @Test("without etcd nothing is asked for and nothing is done")
    func unreachable() {
        var machine = Machine(planner: planner(nodes: 1), settings: Settings(mode: .once))
        _ = machine.handle(.begin, at: start)
        #expect(words(machine.handle(.observed(world(etcd: "refused")), at: start)) == ["release", "end unreachable"])
    }

    @Test("it looks first, takes the lease only then, and looks again before it acts")
    func lease() {
        var machine = Machine(planner: planner(nodes: 1), settings: Settings(mode: .once))
        _ = machine.handle(.begin, at: start)
        #expect(words(machine.handle(.observed(world()), at: start)) == ["acquire"])
        #expect(words(machine.handle(.leadership(.granted), at: start)) == ["observe"])
        #expect(words(machine.handle(.observed(world()), at: start)) == ["perform a-node-1"])
        #expect(words(machine.handle(.finished(target: "a-node-1", nil), at: start)) == ["observe"])
    }

    @Test("no more actions run side by side than allowed; the next begins when one ends")
    func parallel() {
        var machine = acting(nodes: 2, Settings(mode: .once, parallel: 1))
        #expect(words(machine.handle(.observed(world()), at: start)) == ["perform a-node-1"])
        #expect(words(machine.handle(.finished(target: "a-node-1", nil), at: start)) == ["perform a-node-2"])
        #expect(words(machine.handle(.finished(target: "a-node-2", nil), at: start)) == ["observe"])
    }

    @Test("told to stop, it begins nothing more and ends when what runs has ended")
    func stop() {
        var machine = acting(nodes: 2, Settings(mode: .once, parallel: 1))
        _ = machine.handle(.observed(world()), at: start)
        #expect(words(machine.handle(.stop, at: start)) == [])
        #expect(words(machine.handle(.finished(target: "a-node-1", nil), at: start)) == ["release", "end stopped"])
    }

    @Test("an action that fails each time is tried three times, later each time, and then given up")
    func failing() {
        var machine = acting(nodes: 1, Settings(mode: .once))
        var now = start
        var effects = words(machine.handle(.observed(world()), at: now))
        for attempt in 1...3 {
            #expect(effects == ["perform a-node-1"], "attempt \(attempt)")
            let error = PortError(.refused, "no space left")
            #expect(words(machine.handle(.finished(target: "a-node-1", error), at: now)) == ["observe"])
            // Two, four and eight seconds, and up to half of it more.
            effects = words(machine.handle(.observed(world()), at: now))
            if attempt < 3 {
                #expect(effects.count == 1 && effects[0].hasPrefix("wake"))
                now = now.advanced(bySeconds: 3 << attempt)
                #expect(words(machine.handle(.woke, at: now)) == ["observe"])
                effects = words(machine.handle(.observed(world()), at: now))
            }
        }
        #expect(effects == ["release", "end failed after [3]"])
    }

    @Test("a lease that another holds and renews is waited for for its length and two seconds")
    func notLeader() {
        var machine = Machine(planner: planner(nodes: 1), settings: Settings(mode: .once))
        _ = machine.handle(.begin, at: start)
        _ = machine.handle(.observed(world()), at: start)
        for second in 0..<12 {
            let now = start.advanced(bySeconds: second)
            #expect(words(machine.handle(.leadership(.refused(by: nil)), at: now)) == ["wake +\(second + 1)"])
            #expect(words(machine.handle(.woke, at: now.advanced(bySeconds: 1))) == ["observe"])
            let effects = words(machine.handle(.observed(world()), at: now.advanced(bySeconds: 1)))
            #expect(effects == (second < 11 ? ["acquire"] : ["release", "end not leader"]))
        }
    }

    @Test("a controller that was deposed begins nothing before it leads again")
    func deposed() {
        var machine = acting(nodes: 2, Settings(mode: .continuous, parallel: 1))
        _ = machine.handle(.observed(world()), at: start)
        #expect(words(machine.handle(.leadership(.lost), at: start)) == [])
        let error = PortError(.notLeader, "the lease has run out")
        #expect(words(machine.handle(.finished(target: "a-node-1", error), at: start)) == ["observe"])
        #expect(words(machine.handle(.observed(world()), at: start)) == ["acquire"])
    }

    @Test("left running, it looks again after its interval, or when something changed")
    func continuous() {
        var machine = Machine(planner: planner(nodes: 0), settings: Settings(mode: .continuous, interval: 30))
        _ = machine.handle(.begin, at: start)
        #expect(words(machine.handle(.observed(world()), at: start)) == ["wake +30"])
        #expect(words(machine.handle(.changed, at: start)) == ["observe"])
        // What changes during a look leads to one more look, however often it did.
        #expect(words(machine.handle(.changed, at: start)) == [])
        #expect(words(machine.handle(.changed, at: start)) == [])
        #expect(words(machine.handle(.observed(world()), at: start)) == ["observe"])
        #expect(words(machine.handle(.observed(world()), at: start)) == ["wake +30"])
    }

    /// A machine that leads and is about to look.
    func acting(nodes: Int, _ settings: Settings) -> Machine {
        var machine = Machine(planner: planner(nodes: nodes), settings: settings)
        _ = machine.handle(.begin, at: start)
        _ = machine.handle(.observed(world()), at: start)
        _ = machine.handle(.leadership(.granted), at: start)
        return machine
    }
}
