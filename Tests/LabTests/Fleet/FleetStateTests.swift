import FoundationEssentials
import Testing

@testable import Lab

@Suite struct FleetStateTests {
    private let origin = FleetState.origin

    private func node(_ n: Int) -> FleetMachine {
        FleetMachine(
            id: String(repeating: "\(n)", count: 32), primaryIP: "127.0.0.\(n)",
            metadata: ["dialtone-node": "a-node-\(n)"])
    }

    private func pinned(_ n: Int) -> [(String, String)] { [("MachineMetadata", "dialtone-node=a-node-\(n)")] }

    private func shown(_ state: FleetState, _ name: String, at now: Date) -> String {
        guard let unit = state.units[name] else { return "none" }
        let state = state.states(now: now).first { $0.name == name }.map(\.systemdSubState) ?? "-"
        return "\(unit.machine?.prefix(1) ?? "-") \(state)"
    }

    @Test("In the lab a unit runs 0.3 s after it was put, and not before")
    func startsSoon() {
        var state = FleetState()
        state.setMachines([node(1)], now: origin)
        #expect(state.put("u.service", pinned(1), at: origin) == 201)
        #expect(shown(state, "u.service", at: origin + 0.29) == "1 -")
        #expect(state.processes(now: origin + 0.29).isEmpty)
        #expect(state.nextChange(after: origin) == origin + 0.3)
        #expect(shown(state, "u.service", at: origin + 0.3) == "1 running")
        #expect(state.processes(now: origin + 0.3).count == 1)
    }

    @Test("A unit put before its machine is there waits for it and is placed when it comes")
    func waitsForMachine() {
        var state = FleetState()
        state.put("u.service", pinned(2), at: origin)
        state.setMachines([node(1)], now: origin + 1)
        #expect(shown(state, "u.service", at: origin + 2) == "- -")
        state.setMachines([node(1), node(2)], now: origin + 2)
        state.advance(to: origin + 2.3)
        #expect(shown(state, "u.service", at: origin + 2.3) == "2 running")
    }

    @Test("A machine that comes back within fleet's lag has its units started anew")
    func rebootWithinLag() {
        var timing = FleetTiming()
        timing.machineLag = 20
        var state = FleetState(timing: timing)
        state.setMachines([node(1)], now: origin)
        state.put("u.service", pinned(1), at: origin)
        let before = state.processes(now: origin + 1)
        state.setMachines([], now: origin + 2)
        #expect(state.processes(now: origin + 2).isEmpty)
        #expect(shown(state, "u.service", at: origin + 2) == "1 running", "fleet has not noticed")
        state.setMachines([node(1)], now: origin + 3)
        state.advance(to: origin + 3.3)
        let after = state.processes(now: origin + 3.3)
        #expect(after.count == 1)
        #expect(after.map(\.start) != before.map(\.start))
    }

    @Test("A changed option replaces the process, the same options do not")
    func replaces() {
        var state = FleetState()
        state.setMachines([node(1)], now: origin)
        state.put("u.service", pinned(1), at: origin)
        let first = state.processes(now: origin + 1)
        #expect(state.put("u.service", pinned(1), at: origin + 1) == 204)
        #expect(state.processes(now: origin + 1) == first)
        #expect(state.put("u.service", pinned(1), exec: "/bin/sleep 2", at: origin + 2) == 201)
        #expect(state.processes(now: origin + 2).isEmpty)
        #expect(state.states(now: origin + 2).isEmpty)
        #expect(state.processes(now: origin + 3).map(\.start) != first.map(\.start))
    }

    @Test("A unit put again right after its removal starts once the old one has stopped")
    func removedAndPutAgain() {
        var state = FleetState()
        state.setMachines([node(1), node(2)], now: origin)
        state.put("u.service", pinned(1), at: origin)
        state.advance(to: origin + 1)
        state.remove("u.service", now: origin + 1)
        #expect(state.processes(now: origin + 1).isEmpty)
        state.put("u.service", pinned(1), at: origin + 1.05)
        #expect(state.processes(now: origin + 1.35).isEmpty)
        #expect(state.processes(now: origin + 1.5).count == 1)
        state.remove("u.service", now: origin + 2)
        state.advance(to: origin + 3)
        #expect(state.states(now: origin + 3).isEmpty)
        state.put("u.service", pinned(2), at: origin + 3)
        #expect(shown(state, "u.service", at: origin + 4) == "2 running")
    }

    @Test("Ghosts of a machine that left disappear, and the machine is forgotten")
    func ghostsEnd() {
        var state = FleetState()
        state.setMachines([node(1)], now: origin)
        state.put("u.service", pinned(1), at: origin)
        state.advance(to: origin + 1)
        state.setMachines([], now: origin + 2)
        #expect(shown(state, "u.service", at: origin + 2.5) == "- running")
        #expect(state.listedMachines(now: origin + 2).isEmpty)
        state.advance(to: origin + 3)
        #expect(shown(state, "u.service", at: origin + 3) == "- -")
        #expect(state.machines.isEmpty)
    }

    @Test(
        "A unit tied to no machine waits for its own, and goes elsewhere only where fleet moves units",
        arguments: [true, false])
    func moves(movesUnits: Bool) {
        var state = FleetState(movesUnits: movesUnits)
        state.setMachines([node(1), node(2)], now: origin)
        state.put("free.service", at: origin)
        state.put("tied.service", pinned(1), at: origin)
        state.advance(to: origin + 1)
        #expect(shown(state, "free.service", at: origin + 1) == "1 running")
        state.setMachines([node(2)], now: origin + 2)
        state.advance(to: origin + 5)
        #expect(shown(state, "free.service", at: origin + 5) == (movesUnits ? "2 running" : "- -"))
        #expect(shown(state, "tied.service", at: origin + 5) == "- -")
        state.setMachines([node(1), node(2)], now: origin + 6)
        state.advance(to: origin + 7)
        #expect(shown(state, "free.service", at: origin + 7) == (movesUnits ? "2 running" : "1 running"))
        #expect(shown(state, "tied.service", at: origin + 7) == "1 running")
    }

    @Test("After a move a running unit has no state for twelve seconds, and its sidekick neither")
    func gap() {
        var state = FleetState(timing: .measured)
        state.setMachines([node(1), node(2)], now: origin)
        state.put("u.service", pinned(1), at: origin)
        state.put("s.service", [("MachineOf", "u.service")], at: origin)
        state.advance(to: origin + 60)
        state.put("u.service", pinned(2), at: origin + 60)
        for second in stride(from: 61.0, through: 100, by: 1) { state.advance(to: origin + second) }
        for (second, runs) in [(75.0, true), (85, false), (92, false), (94, true)] {
            for name in ["u.service", "s.service"] {
                #expect(
                    shown(state, name, at: origin + second) == (runs ? "2 running" : "2 -"), "\(name) at \(second) s")
            }
        }
        #expect(state.processes(now: origin + 85).count == 2, "both run all the while")
    }

    @Test("Faults: fleet away, a unit without a state that runs, one that fails at every start, ghosts that stay")
    func faults() {
        var state = FleetState()
        state.setMachines([node(1), node(2)], now: origin)
        for (n, name) in ["a", "b", "c"].enumerated() {
            state.put("\(name).service", pinned(n == 2 ? 2 : 1), at: origin)
        }
        state.advance(to: origin + 1)
        state.faults.silentUnits = ["a.service"]
        state.faults.failingUnits = ["b.service"]
        #expect(shown(state, "a.service", at: origin + 2) == "1 -")
        #expect(shown(state, "b.service", at: origin + 2) == "1 failed")
        #expect(state.processes(now: origin + 2).map(\.key.unit) == ["a.service", "c.service"])
        state.faults = LabFaults(ghosts: 1000)
        #expect(shown(state, "b.service", at: origin + 2) == "1 running")
        state.setMachines([node(1)], now: origin + 3)
        state.advance(to: origin + 900)
        #expect(shown(state, "c.service", at: origin + 900) == "- running")
        #expect(state.listedMachines(now: origin + 900).count == 1)
        state.faults = LabFaults(fleetIsAway: true)
        #expect(state.answer(FleetRequest(method: "GET", target: "/fleet/v1/units"), now: origin + 901).status == 500)
    }

    @Test(
        "Patterns of Conflicts match as fleet's do",
        arguments: [
            ("a@*.service", "a@1.service", true), ("a@*.service", "b@1.service", false), ("*", "x", true),
            ("a?", "ab", true), ("a?", "a", false), ("", "", true), ("a", "", false), ("*x*", "axb", true),
        ])
    func globs(pattern: String, name: String, matches: Bool) {
        #expect(FleetGlob.matches(pattern, name) == matches)
    }

    @Test("PUT without the JSON content type is refused, as by a real fleet")
    func contentType() {
        var state = FleetState()
        let request = FleetRequest(method: "PUT", target: "/fleet/v1/units/u.service", body: Data("{}".utf8))
        #expect(state.answer(request, now: origin).status == 415)
    }
}
