import TestSupport
import Testing

@testable import SIP

/// The scenario of sipp, and what it logs.
@Suite(.timeLimit(.minutes(1))) struct SippScenarioTests {
    @Test(
        "A header that would be more than a line of its own cannot be made",
        arguments: [
            ("X-Beta: yes", true), ("X: <b>&\"]", false), ("X: <b>&\" ]]>", false), ("X: [call_id]", false),
            ("X: a\r\nBYE x", false), ("no colon", false), (": x", false), ("two words: x", false), ("X:", true),
        ])
    func headers(text: String, isOne: Bool) {
        #expect((SippHeader(text) != nil) == isOne)
    }

    @Test("Attributes and lines cannot end what they stand in")
    func escaping() {
        var text = ""
        SippXML.element("a", [("b", "<\"&>")], [.message(["x]]>y\r\nz"])]).write(to: &text)
        #expect(text == "<a b=\"&lt;&quot;&amp;&gt;\">\n<![CDATA[\n\nx]] >yz\n\n]]>\n</a>\n")
    }

    @Test("A real sipp takes it, and logs what became of each call", arguments: [false, true])
    func real(authenticates: Bool) async throws {
        let endpoint = try await SIPEndpoint.start(address: "127.0.0.1", port: 0, version: "20.9.0")
        var behaviour = SIPBehaviour()
        behaviour.asksForCredentials = authenticates
        await endpoint.behave(behaviour)
        var caller = SippCaller(target: "127.0.0.1:\(endpoint.port)")
        caller.authenticates = authenticates
        caller.headers = ["X-Odd: <b>&\"'"]
        let outcome = try await caller.run(calls: 10)
        #expect(outcome.failed == 0 && outcome.answered == ["127.0.0.1:\(endpoint.port)": 10], "\(outcome)")
        if !authenticates {
            behaviour.refusal = .init(status: 486, oneIn: 1)
            await endpoint.behave(behaviour)
            let refused = try await caller.run(calls: 5)
            #expect(refused.failed == 5 && refused.answered.isEmpty)
        }
        await endpoint.close(hangingUp: false)
    }

    @Test("A log is read call by call: what was said first, by whom it was ended, and what never was")
    func log() {
        let calls = SippCall.read(
            """
            a invited 100
            b invited 110
            a rang 120
            noise
            a answered 150 127.0.0.1:5060
            b refused 130 486
            c invited 140
            a cut 900
            """)
        #expect(calls.map(\.delay) == [20, nil, nil])
        #expect(calls[0].isCut && !calls[0].isEnded && calls[0].endedAt == 900 && calls[0].answeredAt == 150)
        #expect(calls[1].refusal == 486 && calls[2].refusal == nil && calls[2].contact == nil)
    }
}
