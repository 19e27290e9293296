import FoundationEssentials
import Testing

@testable import Lab

@Suite struct FleetContractTests {
    private let origin = FleetState.origin

    @Test("Every recorded exchange of the long session gets the recorded answer")
    func recorded() throws {
        var state = FleetState(timing: .measured, movesUnits: true)
        state.setMachines([FleetState.machine1, FleetState.machine2], now: origin)
        let exchanges = try Recording.load("recorded").exchanges
        let failover = try #require(exchanges.firstIndex { $0.note == "state right after failover" })
        var replayed = 0
        for exchange in exchanges[..<failover] {
            guard let t = exchange.t, exchange.request != nil else { continue }
            state.failProcesses(of: ["fail.service", "noexec.service"], now: origin + t)
            try exchange.replay(on: &state, at: origin + t)
            replayed += 1
        }
        state.faults.fleetIsAway = true
        for exchange in exchanges[(failover + 1)...] {
            try exchange.replay(on: &state, at: origin + 200)
            replayed += 1
        }
        #expect(replayed == exchanges.count { $0.request != nil } - 1)
    }

    @Test("Every recorded exchange about placement, moves and a machine's death gets the recorded answer")
    func recordedPlacement() throws {
        var state = FleetState(timing: .measured, movesUnits: true)
        var first = FleetState.machine1
        var second = FleetState.machine2
        first.metadata["dialtone-node"] = "a-node-1"
        second.metadata["dialtone-node"] = "a-node-2"
        state.setMachines([first, second], now: origin)
        // The scripts ran one after the other; between the last two, units were put that were not recorded.
        let starts = ["s1": 0.0, "s2": 50, "s7": 300]
        for exchange in try Recording.load("recorded-placement").exchanges {
            let t = try #require(exchange.t)
            let script = try #require(exchange.script)
            let start = try #require(starts[script])
            if script == "s7", state.units["q-1.service"] == nil {
                try putUnrecorded(&state, at: origin + 200)
                state.advance(to: origin + 220)
                state.setMachines([first], now: origin + start + 8.7)
            }
            try exchange.replay(on: &state, at: origin + start + t)
        }
    }

    private func putUnrecorded(_ state: inout FleetState, at now: Date) throws {
        let listing = try #require(
            try Recording.load("recorded-placement").exchanges.first {
                $0.script == "s7" && $0.request?.path == "/fleet/v1/units"
            })
        guard case .object(let page)? = listing.response?.body, case .list(let units)? = page["units"] else { return }
        for unit in units {
            guard case .object(let fields) = unit, case .string(let name)? = fields["name"] else { continue }
            let body = JSON.object(["desiredState": .string("launched"), "options": fields["options"] ?? .null])
            _ = state.answer(
                FleetRequest(
                    method: "PUT", target: "/fleet/v1/units/\(name)", contentType: "application/json",
                    body: try JSONEncoder().encode(body)), now: now)
        }
    }

    @Test("105 units come in pages of 100 with the recorded token; a full last page names an empty next one")
    func pages() throws {
        var state = FleetState()
        for n in 0..<105 {
            let digits = String(n)
            state.put("page@\(String(repeating: "0", count: 3 - digits.count))\(digits).service", at: origin)
        }
        func page(_ query: String) throws -> (units: [ShownUnit], token: String?) {
            struct Page: Decodable {
                var units: [ShownUnit]?
                var nextPageToken: String?
            }
            let answer = state.answer(FleetRequest(method: "GET", target: "/fleet/v1/units\(query)"), now: origin)
            let page = try JSONDecoder().decode(Page.self, from: #require(answer.json))
            return (page.units ?? [], page.nextPageToken)
        }
        let first = try page("")
        #expect(first.units.count == 100)
        #expect(first.units.first?.name == "page@000.service")
        #expect(first.units.last?.name == "page@099.service")
        #expect(first.token == "ZAACAA==")
        let second = try page("?nextPageToken=ZAACAA%3D%3D")
        #expect(second.units.count == 5)
        #expect(second.token == nil)
        for n in 100..<105 { state.remove("page@\(n).service", now: origin) }
        #expect(try page("").token == "ZAACAA==")
        #expect(try page("?nextPageToken=ZAACAA==").units.isEmpty)
    }

    @Test(
        "A machine killed without warning leaves after its TTL, its free unit moves and runs elsewhere, and a ghost stays"
    )
    func failover() {
        var state = FleetState(timing: .measured, movesUnits: true)
        state.setMachines([FleetState.machine1, FleetState.machine2], now: origin)
        state.put("f@1.service", at: origin)
        state.put("f@2.service", at: origin)
        state.advance(to: origin + 10)
        #expect(state.units["f@1.service"]?.machine == FleetState.machine1.id)
        #expect(state.units["f@2.service"]?.machine == FleetState.machine2.id)
        let death = origin + 20
        state.setMachines([FleetState.machine1], now: death)
        #expect(state.processes(now: death).count == 1, "what ran there is gone at once")
        #expect(state.listedMachines(now: death + 20).count == 2)
        state.advance(to: death + 21.6)
        #expect(state.listedMachines(now: death + 21.6).count == 1)
        state.advance(to: death + 22.7)
        #expect(state.units["f@2.service"]?.machine == FleetState.machine1.id)
        let states = state.states(now: death + 26)
        #expect(
            states.map { "\($0.name) \($0.machineID.prefix(1)) \($0.systemdSubState)" } == [
                "f@1.service 1 running", "f@2.service 1 running", "f@2.service 2 running",
            ])
        #expect(state.processes(now: death + 26).count == 2)
    }
}
