import FoundationEssentials
import Testing

@testable import SIP

/// An INVITE with everything that our side reads.
let sampleInvite = """
    INVITE sip:100@127.0.0.1:5060 SIP/2.0
    Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK-1
    From: sipp <sip:sipp@127.0.0.1:5070;x=1>;tag=f1
    To: <sip:100@127.0.0.1:5060;tag=not-a-tag>
    Call-ID: call-1@127.0.0.1
    CSeq: 1 INVITE
    Contact: <sip:sipp@127.0.0.1:5070>
    Content-Type: application/sdp
    Content-Length: 3

    v=0
    """

func wire(_ text: String) -> [UInt8] {
    Array(text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n").utf8)
}

@Suite struct MessageTests {
    @Test("A message is read with its method, tags, branch and body")
    func reads() throws {
        let message = try SIPMessage(parsing: wire(sampleInvite))
        #expect(message.method == "INVITE")
        #expect(message.branch == "z9hG4bK-1")
        #expect(message.tag(of: "From") == "f1")
        #expect(message.tag(of: "To") == nil, "a URI's own parameter is no tag")
        #expect(message.callID == "call-1@127.0.0.1")
        #expect(message.sequence?.number == 1)
        #expect(message.body == Array("v=0".utf8))
    }

    @Test("What is rendered reads back as the same message")
    func rendersAndReads() throws {
        var message = try SIPMessage(parsing: wire(sampleInvite))
        message.headers.removeAll { $0.name == "Content-Length" }
        var again = try SIPMessage(parsing: message.rendered())
        #expect(again.headers.removeLast() == .init("Content-Length", "3"))
        #expect(again == message)
    }

    @Test("Compact names, folded lines, bare line feeds, blanks before a colon and leading empty lines are accepted")
    func tolerant() throws {
        let text =
            "\r\n\nOPTIONS sip:a SIP/2.0\nv: SIP/2.0/UDP h;\n  branch=b1\nf : <sip:a>;tag=1\nt:<sip:b>\ni: c\nCSeq: 7 OPTIONS\n\nrest"
        let message = try SIPMessage(parsing: Array(text.utf8))
        #expect(message.branch == "b1")
        #expect(message.callID == "c")
        #expect(message.header("from") == "<sip:a>;tag=1")
        #expect(message.body == Array("rest".utf8), "without Content-Length the datagram's rest is the body")
    }

    @Test("Bytes after the body are not part of it")
    func cutsBody() throws {
        #expect(try SIPMessage(parsing: wire(sampleInvite + "tail")).body.count == 3)
    }

    @Test(
        "Rubbish is refused with its reason",
        arguments: [
            ("", SIPParseError.empty),
            ("\r\n\r\n", .empty),
            ("\0\0\0\0", .empty),
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", .badStartLine("GET / HTTP/1.1")),
            ("SIP/2.0 99 x\r\n\r\n", .badStartLine("SIP/2.0 99 x")),
            ("SIP/2.0 +20 x\r\n\r\n", .badStartLine("SIP/2.0 +20 x")),
            ("OPTIONS sip:a SIP/2.0\r\nVia: x", .noEndOfHeaders),
            ("OPTIONS sip:a SIP/2.0\r\nno colon\r\n\r\n", .badHeader("no colon")),
            ("OPTIONS sip:a SIP/2.0\r\na b: c\r\n\r\n", .badHeader("a b: c")),
            ("OPTIONS sip:a SIP/2.0\r\nVia: x\0\r\n\r\n", .notText),
            ("OPTIONS sip:a SIP/2.0\r\nVia: x\r\n\r\n", .missing(header: "From")),
            ("OPTIONS sip:a SIP/2.0\r\nv: x\r\nf: a\r\nt: b\r\ni: c\r\nCSeq: 1 BYE\r\n\r\n", .badSequence("1 BYE")),
            ("OPTIONS sip:a SIP/2.0\r\nv: x\r\nf: a\r\nt: b\r\ni: c\r\nCSeq: x\r\n\r\n", .badSequence("x")),
            (
                "OPTIONS sip:a SIP/2.0\r\nv: x\r\nf: a\r\nt: b\r\ni: c\r\nCSeq: 1 OPTIONS\r\nl: -1\r\n\r\n",
                .badContentLength("-1")
            ),
            (
                "OPTIONS sip:a SIP/2.0\r\nv: x\r\nf: a\r\nt: b\r\ni: c\r\nCSeq: 1 OPTIONS\r\nl: 9\r\n\r\nabc",
                .truncatedBody(expected: 9, got: 3)
            ),
        ])
    func refuses(text: String, error: SIPParseError) {
        #expect(throws: error) { try SIPMessage(parsing: Array(text.utf8)) }
    }

    @Test("More than 64 KiB, or more headers than any call needs, are refused")
    func bounded() {
        #expect(throws: SIPParseError.tooLong(bytes: 65_537)) {
            try SIPMessage(parsing: [UInt8](repeating: 65, count: 65_537))
        }
        #expect(throws: SIPParseError.tooManyHeaders) {
            try SIPMessage(
                parsing: Array(("OPTIONS sip:a SIP/2.0\r\n" + String(repeating: "X: y\r\n", count: 300) + "\r\n").utf8))
        }
    }

    @Test("No prefix of a message, and no message with one byte changed, does more than throw")
    func fuzz() {
        let bytes = wire(sampleInvite)
        for end in bytes.indices { _ = try? SIPMessage(parsing: Array(bytes[..<end])) }
        for index in bytes.indices {
            for value in [UInt8(0), 10, 13, 32, 58, 59, 255] {
                var changed = bytes
                changed[index] = value
                guard let message = try? SIPMessage(parsing: changed) else { continue }
                var server = UserAgentServer(local: SIPPeer(host: "127.0.0.1", port: 5060), product: "x")
                _ = server.receive(
                    message, from: SIPPeer(host: "127.0.0.1", port: 5070), now: .init(timeIntervalSince1970: 0))
            }
        }
    }
}
