import FoundationEssentials
import Testing

@testable import SIP

@Suite(.timeLimit(.minutes(1))) struct ProbeCallTests {
    private func endpoint(_ behaviour: SIPBehaviour = SIPBehaviour()) async throws -> SIPEndpoint {
        try await SIPEndpoint.start(address: "127.0.0.1", port: 0, version: "20.9.0", behaviour: behaviour)
    }

    private func call(_ endpoint: SIPEndpoint, timeout: TimeInterval = 3) async -> ProbeCall.Result {
        await ProbeCall(host: "127.0.0.1", port: endpoint.port, extension: "9000", timeout: timeout).make()
    }

    @Test("A call to an endpoint that echoes goes well, and nothing of it is left")
    func passes() async throws {
        let endpoint = try await endpoint()
        #expect(await call(endpoint) == .passed)
        #expect(await endpoint.calls().isEmpty)
        await endpoint.close(hangingUp: false)
    }

    @Test("One that rings first goes well too; one that rings on is given up, and does not come up later")
    func rings() async throws {
        let endpoint = try await endpoint(SIPBehaviour(ringing: 0.3))
        #expect(await call(endpoint) == .passed)
        await endpoint.behave(SIPBehaviour(ringing: 60))
        #expect(await call(endpoint, timeout: 0.5) == .failed("it rang, and was not answered within 0.5 s"))
        #expect(await endpoint.calls().isEmpty)
        await endpoint.close(hangingUp: false)
    }

    @Test("A refusal, a challenge, silence and a closed port say what they are", .timeLimit(.minutes(1)))
    func refused() async throws {
        let endpoint = try await endpoint(SIPBehaviour(isDraining: true))
        let port = endpoint.port
        #expect(await call(endpoint) == .failed("INVITE sip:9000@127.0.0.1:\(port) was answered 503"))
        var asking = SIPBehaviour()
        asking.asksForCredentials = true
        await endpoint.behave(asking)
        #expect(
            await call(endpoint)
                == .failed("INVITE sip:9000@127.0.0.1:\(port) was answered 401, which asks for credentials"))
        var silent = SIPBehaviour()
        silent.isSilent = true
        await endpoint.behave(silent)
        #expect(await call(endpoint, timeout: 0.3) == .failed("INVITE was not answered within 0.3 s"))
        await endpoint.close(hangingUp: false)
        let closed = await ProbeCall(host: "127.0.0.1", port: port, extension: "9000", timeout: 1).make()
        #expect(closed == .failed("nothing listens on 127.0.0.1:\(port)"))
    }

    private let start = Date(timeIntervalSince1970: 1_795_538_893)

    /// A dialog whose INVITE was answered with media.
    private func talking() throws -> ProbeDialog {
        var dialog = ProbeDialog(
            ProbeCall(host: "10.0.0.11", port: 5060, extension: "9000"), local: SIPPeer(host: "10.0.0.11", port: 4000),
            media: 4002, identity: "abc123", now: start)
        guard case .sip(let invite)? = dialog.begin(now: start).first else { throw SIPError(description: "no INVITE") }
        var answer = invite.answer(200, tag: "t", source: SIPPeer(host: "10.0.0.11", port: 4000))
        answer.headers.append(.init("Contact", "<sip:10.0.0.11:5060>"))
        answer.body = Array(SessionDescription(address: "10.0.0.11", port: 6000).text.utf8)
        guard case .sip(let ack)? = dialog.receive(answer, now: start).first else {
            throw SIPError(description: "no ACK")
        }
        #expect(ack.method == "ACK")
        return dialog
    }

    @Test("A tone that does not come back is a failure, and so is another sound", arguments: [0x00, 0x55, 0xFF, nil])
    func noTone(_ sample: UInt8?) throws {
        var dialog = try talking()
        var now = start
        var said: [String] = []
        while dialog.result == nil, now < start + 20 {
            for output in dialog.tick(now: now) {
                switch output {
                case .sip(let message): said.append(message.method ?? "")
                case .rtp(let packet, let peer):
                    #expect(peer == SIPPeer(host: "10.0.0.11", port: 6000))
                    guard let sample else { continue }
                    dialog.hear(packet.prefix(12) + Array(repeating: sample, count: 160))
                }
            }
            now += 0.02
        }
        let came = sample == nil ? "nothing" : "201 packets, 0 of them with the tone,"
        #expect(dialog.result == .failed("it was answered, and of the tone \(came) came back"))
        #expect(said.first == "BYE")
    }

    @Test("Packets with extensions, contributors and rubbish are told from the tone")
    func packets() {
        let tone = ProbeTone.packet(3, source: 7)
        #expect(ProbeTone.isHeard(in: tone))
        var extended = tone
        extended[0] |= 0x11
        extended.insert(contentsOf: [1, 2, 3, 4, 0xBE, 0xDE, 0, 1, 9, 9, 9, 9], at: 12)
        #expect(ProbeTone.isHeard(in: extended))
        for length in 0..<tone.count { #expect(!ProbeTone.isHeard(in: Array(tone.prefix(length)))) }
        var other = tone
        other[1] = 8
        #expect(!ProbeTone.isHeard(in: other))
        var huge = extended
        (huge[18], huge[19]) = (0xFF, 0xFF)
        #expect(!ProbeTone.isHeard(in: huge))
    }

    @Test("The address of media is that of its stream, or else of the session; what has none is none")
    func media() {
        func parse(_ lines: String...) -> SessionDescription? {
            SessionDescription(parsing: Array(lines.joined(separator: "\r\n").utf8))
        }
        #expect(
            parse("v=0", "c=IN IP4 10.0.0.1", "m=audio 4000 RTP/AVP 0")
                == SessionDescription(address: "10.0.0.1", port: 4000))
        #expect(
            parse("c=IN IP4 10.0.0.1", "m=audio 4000 RTP/AVP 0", "c=IN IP4 10.0.0.2", "m=video 1 RTP/AVP 9")
                == SessionDescription(address: "10.0.0.2", port: 4000))
        #expect(parse("c=IN IP4 10.0.0.1", "m=video 4000 RTP/AVP 9") == nil)
        #expect(parse("m=audio 4000 RTP/AVP 0") == nil)
        #expect(parse("c=IN IP4 10.0.0.1", "m=audio 70000 RTP/AVP 0") == nil)
        #expect(parse("") == nil)
    }
}
