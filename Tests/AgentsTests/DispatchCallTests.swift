import Etcd
import FoundationEssentials
import Kamailio
import SIP
import TestSupport
import Testing

@testable import Agents

/// What callers see: real calls through the rendered configuration.
@Suite(.timeLimit(.minutes(2))) struct DispatchCallTests {
    @Test(
        "P20: calls for an instance that fell silent are answered by another in the same transaction, and none goes there after the bound"
    )
    func silent() async throws {
        let timers = ProbeTimers()
        let stage = try await DispatchStage(endpoints: 3, timers: timers)
        stage.dispatch()
        let members = (0..<3).map { stage.member($0) }
        try await stage.write(1, members)
        try await stage.acknowledged(1)
        await stage.endpoints[1].close(hangingUp: false)
        let fell = ContinuousClock.now
        var caller = stage.caller()
        caller.rate = 30
        caller.duration = 20
        let during = try await caller.run(calls: 60)
        #expect(during.failed == 0, "\(during.output)")
        #expect(during.answered[members[1].address] == nil)
        try await ContinuousClock().sleep(until: fell + .seconds(timers.detectionBound))
        let before = try await stage.rpc.table(TrafficCounter.table)["a-asterisk-2::attempts"]?.number
        let after = try await caller.run(calls: 60)
        #expect(after.failed == 0)
        #expect(try await stage.rpc.table(TrafficCounter.table)["a-asterisk-2::attempts"]?.number == before)
        // What was found dead stays so over a reload.
        try await stage.write(2, [members[0], members[1], stage.member(2, state: "draining")])
        try await stage.acknowledged(2)
        let states = try await stage.rpc.dispatcherSets().sets[1]?.map(\.state)
        #expect(states == [.active, .inactive, .disabled])
        try await stage.close()
    }

    @Test(
        "Emergency numbers never meet the canary, and rules pin callers or keep them away, without touching the split of the others"
    )
    func rules() async throws {
        let stage = try await DispatchStage(endpoints: 2)
        stage.dispatch()
        try await stage.write(
            1, canary: 50, [stage.member(0), stage.member(1, track: "canary")],
            more: #","emergencyNumbers":["112","911"],"match":["#
                + #"{"to":"stable","called":"49800"},{"to":"canary","called":"49"},"#
                + #"{"to":"canary","source":"10.0.0.0/8"},{"to":"canary","header":"X-Beta","value":"yes"}]"#)
        try await stage.acknowledged(1)
        for (service, headers, expected) in [
            ("112", ["X-Beta: yes"], [20, 0]), ("911", [], [20, 0]), ("4980012", [], [20, 0]), ("4930", [], [0, 20]),
            ("700", ["X-Beta: yes"], [0, 20]), ("700", ["X-Beta: no"], [10, 10]), ("700", [], [40, 40]),
        ] {
            var caller = stage.caller()
            caller.service = service
            caller.headers = headers
            let outcome = try await caller.run(calls: expected.reduce(0, +))
            if expected == [10, 10] {
                // A fifth of a table of slots: its own order decides, so it is made whole with the next.
                #expect(outcome.failed == 0)
            } else if expected == [40, 40] {
                let before = try await stage.rpc.table(TrafficCounter.table)
                #expect(outcome.failed == 0)
                #expect(before["a-asterisk-1::drawn"]?.number == 50)
                #expect(before["a-asterisk-2::drawn"]?.number == 50)
            } else {
                #expect(stage.answered(outcome) == expected, "\(service) \(headers)")
            }
        }
        // With no stable instance, an emergency call takes whatever answers, and others do not.
        try await stage.write(
            2, canary: 50, [stage.member(0, state: "out"), stage.member(1, track: "canary")],
            more: #","emergencyNumbers":["112"]"#)
        try await stage.acknowledged(2)
        var caller = stage.caller()
        caller.service = "112"
        #expect(try await stage.answered(caller.run(calls: 10)) == [0, 10])
        try await stage.close()
    }

    @Test("The pseudo-destinations are never probed: the split is exact after the time in which a dead one is found")
    func lasting() async throws {
        let stage = try await DispatchStage(endpoints: 2)
        stage.dispatch()
        try await stage.write(1, canary: 50, [stage.member(0), stage.member(1, track: "canary")])
        try await stage.acknowledged(1)
        try await eventually("the instances have been probed again and again") {
            let sets = try await stage.rpc.dispatcherSets()
            guard try await stage.rpc.run().uptime >= 6 else { return false }
            return (sets.sets[9] ?? []).count == 2
        }
        let sets = try await stage.rpc.dispatcherSets()
        #expect(((sets.sets[9] ?? []) + (sets.sets[8] ?? [])).allSatisfy { $0.state == .active })
        #expect(try await stage.answered(stage.caller().run(calls: 100)) == [50, 50])
        try await stage.close()
    }

    @Test("With its instances drained a canary's calls go to stable, and calls that are up end by themselves")
    func drained() async throws {
        let stage = try await DispatchStage(endpoints: 2)
        stage.dispatch()
        try await stage.write(1, canary: 50, [stage.member(0), stage.member(1, track: "canary")])
        try await stage.acknowledged(1)
        var caller = stage.caller()
        caller.duration = 3000
        let held = caller
        async let up = held.run(calls: 100)
        try await eventually("100 calls are up") {
            try await stage.rpc.dialogs().ongoing == 100
        }
        try await stage.write(2, canary: 50, [stage.member(0), stage.member(1, track: "canary", state: "draining")])
        try await stage.acknowledged(2)
        #expect(try await stage.rpc.profileSize(TrafficCounter.profile, value: "a-asterisk-2") == 50)
        caller.duration = 50
        let others = try await caller.run(calls: 40)
        #expect(stage.answered(others) == [40, 0])
        let outcome = try await up
        #expect(outcome.failed == 0, "no call was cut: \(outcome.output)")
        #expect(stage.answered(outcome) == [50, 50])
        try await stage.close()
    }

    @Test(
        "P28: calls that are asked for credentials, over ten instances, are all answered, each counted once and by the draw's share"
    )
    func digest() async throws {
        let stage = try await DispatchStage(endpoints: 10)
        for endpoint in stage.endpoints {
            var behaviour = SIPBehaviour()
            behaviour.asksForCredentials = true
            await endpoint.behave(behaviour)
        }
        stage.dispatch()
        try await stage.write(
            1, canary: 10, (0..<9).map { stage.member($0) } + [stage.member(9, track: "canary")])
        try await stage.acknowledged(1)
        var caller = stage.caller()
        caller.authenticates = true
        let outcome = try await caller.run(calls: 200)
        #expect(outcome.failed == 0, "\(outcome.output)")
        #expect(stage.answered(outcome) == [Int](repeating: 20, count: 10))
        let table = try await stage.rpc.table(TrafficCounter.table)
        for (counter, expected) in [("calls", 20), ("attempts", 40), ("challenged", 20), ("answered", 20)] {
            #expect(table["a-asterisk-10::\(counter)"]?.number == expected, "\(counter)")
        }
        try await stage.close()
    }

    @Test("A call that one instance refuses with 503 is answered by the next, and a 500 is the caller's")
    func refusals() async throws {
        let stage = try await DispatchStage(endpoints: 2)
        stage.dispatch()
        try await stage.write(1, [stage.member(0), stage.member(1)])
        try await stage.acknowledged(1)
        var behaviour = SIPBehaviour()
        behaviour.refusal = .init(status: 503, oneIn: 1)
        await stage.endpoints[0].behave(behaviour)
        let over = try await stage.caller().run(calls: 20)
        #expect(over.failed == 0 && stage.answered(over) == [0, 20])
        behaviour.refusal = .init(status: 500, oneIn: 1)
        await stage.endpoints[0].behave(behaviour)
        let refused = try await stage.caller().run(calls: 20)
        #expect(refused.failed == 10 && stage.answered(refused) == [0, 10])
        let table = try await stage.rpc.table(TrafficCounter.table)
        #expect(table["a-asterisk-1::unavailable"]?.number == 10)
        #expect(table["a-asterisk-1::error"]?.number == 10)
        try await stage.close()
    }

    @Test("REGISTER, SUBSCRIBE, PUBLISH and MESSAGE get 405 with a reason")
    func notAllowed() async throws {
        let stage = try await DispatchStage()
        for method in ["REGISTER", "SUBSCRIBE", "PUBLISH", "MESSAGE"] {
            let answer = try await SIPExchange.ask(method, port: stage.kamailio.sipPort)
            #expect(answer.hasPrefix("SIP/2.0 405 "), "\(answer)")
            #expect(answer.contains("\r\nReason: SIP;cause=405;text="))
            #expect(answer.contains("\r\nAllow: INVITE"))
        }
        #expect(try await SIPExchange.ask("OPTIONS", port: stage.kamailio.sipPort).hasPrefix("SIP/2.0 200 "))
        try await stage.close()
    }
}
