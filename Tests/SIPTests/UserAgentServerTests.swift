import FoundationEssentials
import Testing

@testable import SIP

@Suite struct UserAgentServerTests {
    let caller = SIPPeer(host: "127.0.0.1", port: 5070)
    let start = Date(timeIntervalSince1970: 1_000_000)

    func server(_ behaviour: SIPBehaviour = SIPBehaviour()) -> UserAgentServer {
        var server = UserAgentServer(local: SIPPeer(host: "127.0.0.1", port: 5060), product: "Asterisk PBX 20.9.0")
        server.behaviour = behaviour
        return server
    }

    /// A request of the sample's call; `toTag` makes it one inside the dialog.
    func request(_ method: String, sequence: Int = 1, branch: String = "z9hG4bK-1", toTag: String? = nil) throws
        -> SIPMessage
    {
        var message = try SIPMessage(parsing: wire(sampleInvite))
        message.start = .request(method: method, uri: "sip:100@127.0.0.1:5060")
        for index in message.headers.indices {
            switch message.headers[index].name {
            case "Via": message.headers[index].value = "SIP/2.0/UDP 127.0.0.1:5070;branch=\(branch)"
            case "CSeq": message.headers[index].value = "\(sequence) \(method)"
            case "To": if let toTag { message.headers[index].value += ";tag=\(toTag)" }
            default: break
            }
        }
        return message
    }

    func statuses(_ packets: [UserAgentServer.Packet]) -> [Int] { packets.compactMap { $0.message.status } }

    @Test("A call is 100, 200, ACK, BYE, 200; it is known in between and its answers name the version")
    func call() throws {
        var server = server()
        let answers = server.receive(try request("INVITE"), from: caller, now: start)
        #expect(statuses(answers) == [100, 200])
        #expect(answers[0].message.tag(of: "To") == nil)
        #expect(answers[1].message.header("Server") == "Asterisk PBX 20.9.0")
        let tag = try #require(answers[1].message.tag(of: "To"))
        #expect(server.calls == [SIPCall(callID: "call-1@127.0.0.1", since: start, isAnswered: true)])
        #expect(server.receive(try request("ACK", toTag: tag), from: caller, now: start).isEmpty)
        #expect(server.tick(now: start + 40).isEmpty, "an acknowledged 200 is not given again")
        #expect(
            statuses(server.receive(try request("BYE", sequence: 2, toTag: tag), from: caller, now: start + 41)) == [
                200
            ])
        #expect(server.calls.isEmpty)
        #expect(
            statuses(server.receive(try request("BYE", sequence: 2, toTag: tag), from: caller, now: start + 42)) == [
                200
            ])
    }

    @Test("A 200 without ACK is given again after T1, doubled up to T2, and the call is ended after 64 T1")
    func retransmits() throws {
        var server = server()
        _ = server.receive(try request("INVITE"), from: caller, now: start)
        var times: [Double] = []
        var byes = 0
        for step in 0...400 {
            let now = start + Double(step) / 10
            for packet in server.tick(now: now) {
                if packet.message.status == 200 { times.append(Double(step) / 10) }
                if packet.message.method == "BYE" { byes += 1 }
            }
        }
        #expect(times.prefix(6) == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5])
        #expect(byes == 1)
        #expect(server.calls.isEmpty)
    }

    @Test("The same INVITE sent again gets the same answer and makes no second call")
    func sameInvite() throws {
        var server = server()
        let first = server.receive(try request("INVITE"), from: caller, now: start)
        let second = server.receive(try request("INVITE"), from: caller, now: start + 0.5)
        #expect(second == [first[1]])
        #expect(server.calls.count == 1)
    }

    @Test("A re-INVITE inside the call is answered and the call keeps its beginning")
    func reInvite() throws {
        var server = server()
        let tag = try #require(server.receive(try request("INVITE"), from: caller, now: start)[1].message.tag(of: "To"))
        let again = server.receive(
            try request("INVITE", sequence: 2, branch: "z9hG4bK-2", toTag: tag), from: caller, now: start + 5)
        #expect(statuses(again) == [100, 200])
        #expect(again[1].message.tag(of: "To") == tag)
        #expect(server.calls.map(\.since) == [start])
    }

    @Test(
        "A request inside a call that is not there gets 481",
        arguments: ["INVITE", "BYE", "CANCEL"])
    func strangers(method: String) throws {
        var server = server()
        #expect(statuses(server.receive(try request(method, toTag: "x"), from: caller, now: start)) == [481])
    }

    @Test("CANCEL ends a call that rings with 487, and does not end one that was answered")
    func cancel() throws {
        var ringing = server(SIPBehaviour(ringing: 10))
        #expect(statuses(ringing.receive(try request("INVITE"), from: caller, now: start)) == [100, 180])
        #expect(ringing.calls.map(\.isAnswered) == [false])
        #expect(statuses(ringing.receive(try request("CANCEL"), from: caller, now: start + 1)) == [200, 487])
        #expect(ringing.calls.isEmpty)
        var answered = server()
        _ = answered.receive(try request("INVITE"), from: caller, now: start)
        #expect(statuses(answered.receive(try request("CANCEL"), from: caller, now: start + 1)) == [200])
        #expect(answered.calls.count == 1)
    }

    @Test("A call that rings is answered when its time has come")
    func rings() throws {
        var server = server(SIPBehaviour(ringing: 2))
        _ = server.receive(try request("INVITE"), from: caller, now: start)
        #expect(server.tick(now: start + 1.9).isEmpty)
        #expect(statuses(server.tick(now: start + 2)) == [200])
    }

    @Test("At its limit a call is ended by BYE to the caller's Contact, along the recorded route")
    func limit() throws {
        var server = server(SIPBehaviour(longestCall: 60))
        var invite = try request("INVITE")
        invite.headers.append(.init("Record-Route", "<sip:127.0.0.9;lr>"))
        let tag = try #require(server.receive(invite, from: caller, now: start)[1].message.tag(of: "To"))
        _ = server.receive(try request("ACK", toTag: tag), from: caller, now: start)
        let packets = server.tick(now: start + 60)
        let bye = try #require(packets.first?.message)
        #expect(bye.start == .request(method: "BYE", uri: "sip:sipp@127.0.0.1:5070"))
        #expect(bye.header("Route") == "<sip:127.0.0.9;lr>")
        #expect(bye.tag(of: "From") == tag)
        #expect(bye.tag(of: "To") == "f1")
        #expect(packets.first?.to == caller)
    }

    @Test("While draining, OPTIONS and new calls get 503, and calls in progress go on")
    func drains() throws {
        var server = server()
        let tag = try #require(server.receive(try request("INVITE"), from: caller, now: start)[1].message.tag(of: "To"))
        server.behaviour.isDraining = true
        #expect(statuses(server.receive(try request("OPTIONS"), from: caller, now: start)) == [503])
        let again = try request("INVITE", sequence: 2, branch: "z9hG4bK-2", toTag: tag)
        #expect(statuses(server.receive(again, from: caller, now: start)) == [100, 200])
        var other = try request("INVITE")
        other.headers.removeAll { $0.name == "Call-ID" }
        other.headers.append(.init("Call-ID", "other"))
        #expect(statuses(server.receive(other, from: caller, now: start)) == [100, 503])
        #expect(server.calls.count == 1)
    }

    @Test("Answers go to the port in Via, or with rport to the real one, which is written in")
    func viaAndRport() throws {
        var server = server()
        let behind = SIPPeer(host: "127.0.0.8", port: 40_000)
        let plain = server.receive(try request("OPTIONS"), from: behind, now: start)
        #expect(plain.first?.to == SIPPeer(host: "127.0.0.8", port: 5070))
        #expect(plain.first?.message.header("Via")?.hasSuffix(";received=127.0.0.8") == true)
        let rport = server.receive(try request("OPTIONS", branch: "b;rport"), from: behind, now: start)
        #expect(rport.first?.to == behind)
        #expect(rport.first?.message.header("Via")?.contains("rport=40000") == true)
    }
}
