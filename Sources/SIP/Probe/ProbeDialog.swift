import FoundationEssentials

/// The caller's side of one probe call as a value: messages, RTP packets and time in, messages and packets out (RFC 3261 sections 13, 15 and 17.1).
///
/// INVITE, an answer with media, the tone there and back, BYE; anything else is a failure.
struct ProbeDialog {
    enum Output: Hashable {
        case sip(SIPMessage)
        case rtp([UInt8], SIPPeer)
    }

    private enum State {
        case calling
        /// `peer`: where the tone goes.
        case talking(peer: SIPPeer, to: String, target: String)
        /// The call is given up; its end is still waited for.
        case leaving(failure: String?)
        case over(failure: String?)
    }

    /// So many packets of the tone have to come back: a fifth of a second of it.
    static let enough = 10

    let call: ProbeCall
    let local: SIPPeer
    /// The port of RTP on the local address.
    let media: Int
    /// Random text that makes branch, tag and Call-ID our own.
    let identity: String
    private let end: Date
    private var state = State.calling
    /// What is sent again until it is answered; `nil`: nothing.
    private var pending: (message: SIPMessage, next: Date, interval: TimeInterval)?
    private var hasRung = false
    /// What an INVITE's answer that comes again is acknowledged with.
    private var acknowledgement: SIPMessage?
    private var sent = 0
    private var heard = 0
    private var received = 0
    private var nextTone: Date
    /// When the end of the call is waited for no longer.
    private var farewell: Date?

    /// - Parameter identity: random, and of letters and digits.
    init(_ call: ProbeCall, local: SIPPeer, media: Int, identity: String, now: Date) {
        self.call = call
        self.local = local
        self.media = media
        self.identity = identity
        end = now + call.timeout
        nextTone = now
    }

    /// `nil`: it goes on.
    var result: ProbeCall.Result? {
        guard case .over(let failure) = state else { return nil }
        return failure.map { .failed($0) } ?? .passed
    }

    mutating func begin(now: Date) -> [Output] {
        let offer = SessionDescription(address: local.host, port: media).text
        var invite = request("INVITE", "1", to: "<\(uri)>", target: uri)
        invite.headers += [
            .init("Contact", "<sip:dialtone@\(local.host):\(local.port)>"), .init("Content-Type", "application/sdp"),
        ]
        invite.body = Array(offer.utf8)
        return sendAgain(invite, now)
    }

    mutating func receive(_ message: SIPMessage, now: Date) -> [Output] {
        guard message.callID == callID else { return [] }
        if message.method == "BYE" {
            let answer = message.answer(200, tag: nil, source: call.peer)
            switch state {
            case .calling, .talking:
                state = .over(failure: "it was hung up when \(heard) packets of the tone had come back")
            case .leaving(let failure): state = .over(failure: failure)
            case .over: break
            }
            return [.sip(answer)]
        }
        guard let status = message.status, let method = message.sequence?.method else { return [] }
        switch (method, state) {
        case ("INVITE", .calling): return answered(message, status, now)
        case ("INVITE", .leaving) where acknowledgement == nil: return leftBehind(message, status, now)
        case ("INVITE", _): return status >= 200 ? acknowledgement.map { [.sip($0)] } ?? [] : []
        case ("BYE", .leaving(let failure)) where status >= 200:
            pending = nil
            state = .over(
                failure: failure ?? (status < 300 ? nil : "BYE was answered \(status)"))
            return []
        default: return []
        }
    }

    mutating func hear(_ packet: [UInt8]) {
        guard case .talking = state else { return }
        received += 1
        if ProbeTone.isHeard(in: packet) { heard += 1 }
    }

    /// What the system said of the SIP port: nothing listens there.
    mutating func refuse() {
        if case .over = state { return }
        state = .over(failure: "nothing listens on \(call.peer.host):\(call.peer.port)")
    }

    /// What is due by now. To be called every 10 ms or so.
    mutating func tick(now: Date) -> [Output] {
        var due: [Output] = []
        if let last = pending, now >= last.next {
            pending = (last.message, now + min(last.interval * 2, UserAgentServer.t2), last.interval * 2)
            due.append(.sip(last.message))
        }
        switch state {
        case .calling where now >= end:
            let failure = hasRung ? "it rang, and was not answered" : "INVITE was not answered"
            return due + giveUp("\(failure) within \(call.timeout) s", now)
        case .talking(let peer, let to, let target):
            if heard >= Self.enough { return due + hangUp(to, target, failure: nil, now) }
            guard now < end else {
                let came = received == 0 ? "nothing" : "\(received) packets, \(heard) of them with the tone,"
                return due + hangUp(to, target, failure: "it was answered, and of the tone \(came) came back", now)
            }
            while nextTone <= now {
                due.append(.rtp(ProbeTone.packet(sent, source: source), peer))
                sent += 1
                nextTone += 0.02
            }
            return due
        case .leaving(let failure):
            if let farewell, now >= farewell { state = .over(failure: failure ?? "BYE was not answered") }
            return due
        case .calling, .over: return due
        }
    }

    private var failure: String? {
        switch state {
        case .leaving(let failure), .over(let failure): failure
        case .calling, .talking: nil
        }
    }

    private mutating func answered(_ message: SIPMessage, _ status: Int, _ now: Date) -> [Output] {
        guard status >= 200 else {
            // Retransmissions end with the first answer of any kind (RFC 3261 section 17.1.1.2).
            pending = nil
            hasRung = hasRung || status > 100
            return []
        }
        pending = nil
        let to = message.header("To") ?? "<\(uri)>"
        guard status < 300 else {
            state = .over(
                failure:
                    "INVITE \(uri) was answered \(status)\(status == 401 || status == 407 ? ", which asks for credentials" : "")"
            )
            return [.sip(request("ACK", "1", to: to, target: uri))]
        }
        let target = CallLeg.uri(of: message.header("Contact") ?? "") ?? uri
        let acknowledgement = request("ACK", "2", to: to, target: target)
        self.acknowledgement = acknowledgement
        guard let remote = SessionDescription(parsing: message.body), remote.port > 0 else {
            return [.sip(acknowledgement)] + hangUp(to, target, failure: "it was answered without media", now)
        }
        state = .talking(peer: SIPPeer(host: remote.address, port: remote.port), to: to, target: target)
        nextTone = now
        return [.sip(acknowledgement)]
    }

    /// An answer to an INVITE that is cancelled by now: a call that came up all the same is ended.
    private mutating func leftBehind(_ message: SIPMessage, _ status: Int, _ now: Date) -> [Output] {
        guard status >= 200 else { return [] }
        let to = message.header("To") ?? "<\(uri)>"
        guard status < 300 else {
            state = .over(failure: failure)
            return [.sip(request("ACK", "1", to: to, target: uri))]
        }
        let target = CallLeg.uri(of: message.header("Contact") ?? "") ?? uri
        let acknowledgement = request("ACK", "2", to: to, target: target)
        self.acknowledgement = acknowledgement
        return [.sip(acknowledgement)] + hangUp(to, target, failure: failure, now)
    }

    private mutating func hangUp(_ to: String, _ target: String, failure: String?, _ now: Date) -> [Output] {
        state = .leaving(failure: failure)
        farewell = now + 1.5
        return sendAgain(request("BYE", "3", to: to, target: target), now)
    }

    private mutating func giveUp(_ failure: String, _ now: Date) -> [Output] {
        state = .leaving(failure: failure)
        pending = nil
        farewell = now + 0.5
        // One that answered nothing at all has nothing to be cancelled (RFC 3261 section 9.1).
        return hasRung ? [.sip(request("CANCEL", "1", to: "<\(uri)>", target: uri))] : []
    }

    private mutating func sendAgain(_ message: SIPMessage, _ now: Date) -> [Output] {
        pending = (message, now + UserAgentServer.t1, UserAgentServer.t1)
        return [.sip(message)]
    }

    /// RTP's synchronisation source (RFC 3550 section 3): random as the identity is.
    private var source: UInt32 { UInt32(truncatingIfNeeded: UInt64(identity, radix: 16) ?? 1) }

    private var uri: String { "sip:\(call.extension)@\(call.peer.host):\(call.peer.port)" }
    private var callID: String { "dialtone-probe-\(identity)@\(local.host)" }

    /// - Parameter transaction: makes the branch: an ACK of a refusal and a CANCEL have the INVITE's (RFC 3261 sections 9.1 and 17.1.1.3).
    private func request(_ method: String, _ transaction: String, to: String, target: String) -> SIPMessage {
        SIPMessage(
            start: .request(method: method, uri: target),
            headers: [
                .init(
                    "Via", "SIP/2.0/UDP \(local.host):\(local.port);branch=z9hG4bK\(identity)\(transaction);rport"),
                .init("Max-Forwards", "70"), .init("From", "<sip:dialtone@\(local.host)>;tag=\(identity)"),
                .init("To", to), .init("Call-ID", callID), .init("CSeq", "\(method == "BYE" ? 2 : 1) \(method)"),
                .init("User-Agent", "dialtone"),
            ])
    }
}
