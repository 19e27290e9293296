import FoundationEssentials

/// One call of the endpoint: its INVITE, and what became of the answer to it.
struct CallLeg {
    /// The INVITE that is being answered: the first, or the latest re-INVITE.
    var request: SIPMessage
    /// Where it came from.
    var source: SIPPeer
    /// When the first INVITE came.
    let since: Date
    /// What was answered last, to be given again when the INVITE is.
    var lastAnswer: SIPMessage?
    /// A 200 that waits for its ACK (RFC 3261 section 13.3.1.4); `nil` before the 200 and after the ACK.
    private var pending: (packet: UserAgentServer.Packet, since: Date, next: Date, interval: TimeInterval)?
    private(set) var isAnswered = false

    init(request: SIPMessage, source: SIPPeer, since: Date) {
        self.request = request
        self.source = source
        self.since = since
    }

    mutating func giveAnswer(_ packet: UserAgentServer.Packet, _ now: Date) -> UserAgentServer.Packet {
        isAnswered = true
        lastAnswer = packet.message
        pending = (packet, now, now + UserAgentServer.t1, UserAgentServer.t1)
        return packet
    }

    mutating func acknowledge() {
        pending = nil
    }

    /// The 200 once more, when its time has come.
    mutating func answerAgain(_ now: Date) -> UserAgentServer.Packet? {
        guard let pending, now >= pending.next else { return nil }
        let interval = min(pending.interval * 2, UserAgentServer.t2)
        self.pending?.interval = interval
        self.pending?.next = now + interval
        return pending.packet
    }

    /// Whether nobody acknowledged the 200 for 64 T1.
    func isAbandoned(_ now: Date) -> Bool {
        pending.map { now.timeIntervalSince($0.since) >= 64 * UserAgentServer.t1 } ?? false
    }

    /// The BYE by which our side ends the call (RFC 3261 section 15.1.1): to the caller's Contact, by the proxies that recorded their route.
    func bye(local: SIPPeer, localTag: String) -> SIPMessage {
        let contact = request.header("Contact") ?? request.header("From") ?? ""
        let uri = CallLeg.uri(of: contact) ?? "sip:\(source.host):\(source.port)"
        var to = request.header("To") ?? ""
        if request.tag(of: "To") == nil { to += ";tag=\(localTag)" }
        var headers: [SIPMessage.Header] = [
            .init("Via", "SIP/2.0/UDP \(local.host):\(local.port);branch=z9hG4bK-bye-\(localTag);rport"),
            .init("Max-Forwards", "70"),
        ]
        headers += request.headers("Record-Route").map { SIPMessage.Header("Route", $0.value) }
        headers += [
            .init("From", to), .init("To", request.header("From") ?? ""), .init("Call-ID", request.callID),
            .init("CSeq", "1 BYE"),
        ]
        return SIPMessage(start: .request(method: "BYE", uri: uri), headers: headers)
    }

    static func uri(of address: String) -> String? {
        guard let open = address.firstIndex(of: "<"), let close = address[open...].firstIndex(of: ">") else {
            return address.hasPrefix("sip:") ? String(address.prefix { $0 != ";" }) : nil
        }
        return String(address[address.index(after: open)..<close])
    }
}
