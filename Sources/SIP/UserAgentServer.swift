import FoundationEssentials

/// A call that the endpoint holds.
public struct SIPCall: Sendable, Hashable {
    public var callID: String
    /// When its INVITE came.
    public var since: Date
    /// Whether the 200 was given (`false`: it still rings).
    public var isAnswered: Bool
}

/// How an endpoint answers.
public struct SIPBehaviour: Sendable, Hashable {
    /// Seconds of 180 before the 200.
    public var ringing: TimeInterval
    /// Seconds after which the endpoint hangs up by itself.
    public var longestCall: TimeInterval
    /// Like Asterisk after `core stop gracefully`: 503 to OPTIONS and to new calls, while calls in progress go on.
    public var isDraining: Bool
    /// Like a process that hangs: nothing is answered.
    public var isSilent = false
    /// A fault of one new call in so many.
    public var refusal: Refusal?
    /// New calls are asked for credentials (RFC 3261 section 22), by a nonce that is this endpoint's alone. Whatever password answers it will do.
    public var asksForCredentials = false

    /// New calls that are refused with a status of 400 and more.
    public struct Refusal: Sendable, Hashable {
        public var status: Int
        /// 1: every call; 5: the fifth, the tenth, and so on.
        public var oneIn: Int

        public init(status: Int, oneIn: Int) {
            self.status = status
            self.oneIn = oneIn
        }
    }

    public init(ringing: TimeInterval = 0, longestCall: TimeInterval = 43_200, isDraining: Bool = false) {
        self.ringing = ringing
        self.longestCall = longestCall
        self.isDraining = isDraining
    }
}

/// The endpoint's side of all its calls (RFC 3261 sections 8.2, 12 and 13.3) as a value: messages and time in, messages out.
struct UserAgentServer {
    /// A message and where it goes.
    struct Packet: Hashable {
        var message: SIPMessage
        var to: SIPPeer
    }

    /// A dialog as its own side sees it: the caller's tag tells forked calls with one Call-ID apart.
    struct Key: Hashable {
        var callID: String
        var remoteTag: String
    }

    /// T1 and T2 of RFC 3261 section 17.1.1.1, in seconds; an answer that nobody acknowledges is given up after 64 T1.
    static let t1: TimeInterval = 0.5
    static let t2: TimeInterval = 4

    let local: SIPPeer
    /// What the `Server` header says.
    let product: String
    var behaviour = SIPBehaviour()
    /// Where RTP is sent back to whoever sends some; `nil`: calls are answered without media.
    var media: Int?
    private var live: [Key: CallLeg] = [:]
    /// New calls so far, of which one in so many may be refused.
    private var arrivals = 0
    /// Calls that ended lately: a request sent again must get its answer once more, not 481.
    private var ended: [Key: (lastAnswer: SIPMessage?, at: Date)] = [:]

    init(local: SIPPeer, product: String) {
        self.local = local
        self.product = product
    }

    /// The calls in the order of their beginning.
    var calls: [SIPCall] {
        live.map { SIPCall(callID: $0.key.callID, since: $0.value.since, isAnswered: $0.value.isAnswered) }
            .sorted { ($0.since, $0.callID) < ($1.since, $1.callID) }
    }

    mutating func receive(_ message: SIPMessage, from source: SIPPeer, now: Date) -> [Packet] {
        guard let method = message.method, !behaviour.isSilent else { return [] }
        let key = Key(callID: message.callID, remoteTag: message.tag(of: "From") ?? "")
        switch method {
        case "ACK":
            live[key]?.acknowledge()
            return []
        case "INVITE": return invite(message, key, source, now)
        case "BYE": return bye(message, key, source, now)
        case "CANCEL": return cancel(message, key, source, now)
        case "OPTIONS":
            let extra = [SIPMessage.Header("Allow", "OPTIONS, INVITE, ACK, BYE, CANCEL")]
            return [reply(message, behaviour.isDraining ? 503 : 200, source, extra)]
        default: return [reply(message, live[key] == nil ? 501 : 200, source)]
        }
    }

    /// What is due by now: 200s that ring out or are sent again, calls over their limit, calls whose 200 nobody acknowledged.
    mutating func tick(now: Date) -> [Packet] {
        guard !behaviour.isSilent else { return [] }
        ended = ended.filter { now.timeIntervalSince($0.value.at) < 64 * Self.t1 }
        var due: [Packet] = []
        for key in live.keys.sorted(by: { ($0.callID, $0.remoteTag) < ($1.callID, $1.remoteTag) }) {
            guard var leg = live[key] else { continue }
            if now.timeIntervalSince(leg.since) >= behaviour.longestCall || leg.isAbandoned(now) {
                due += end(key, now)
            } else {
                if !leg.isAnswered, now.timeIntervalSince(leg.since) >= behaviour.ringing {
                    due.append(leg.giveAnswer(accept(leg.request, leg.source), now))
                } else if let again = leg.answerAgain(now) {
                    due.append(again)
                }
                live[key] = leg
            }
        }
        return due
    }

    /// Ends every call the way a stopped Asterisk does: BYE to those that talk, 603 to those that ring.
    mutating func hangUpAll(now: Date) -> [Packet] {
        Array(live.keys).flatMap { end($0, now) }
    }

    private mutating func invite(_ message: SIPMessage, _ key: Key, _ source: SIPPeer, _ now: Date) -> [Packet] {
        if var leg = live[key] {
            if message.branch == leg.request.branch {
                return leg.lastAnswer.map { [Packet(message: $0, to: message.returnAddress(source: source))] } ?? []
            }
            guard message.tag(of: "To") == localTag(key) else {
                return [reply(message, message.tag(of: "To") == nil ? 482 : 481, source)]
            }
            leg.request = message
            leg.source = source
            let answer = leg.giveAnswer(accept(message, source), now)
            live[key] = leg
            return [reply(message, 100, source), answer]
        }
        if let last = ended[key]?.lastAnswer {
            return [Packet(message: last, to: message.returnAddress(source: source))]
        }
        guard message.tag(of: "To") == nil else { return [reply(message, 481, source)] }
        guard !behaviour.isDraining else { return [reply(message, 100, source), reply(message, 503, source)] }
        if behaviour.asksForCredentials, message.header("Authorization")?.contains("nonce=\"\(nonce)\"") != true {
            let challenge = SIPMessage.Header(
                "WWW-Authenticate", "Digest realm=\"asterisk\", nonce=\"\(nonce)\", algorithm=MD5")
            return [reply(message, 100, source), reply(message, 401, source, [challenge])]
        }
        arrivals += 1
        if let refusal = behaviour.refusal, refusal.oneIn > 0, arrivals % refusal.oneIn == 0 {
            let answer = reply(message, refusal.status, source)
            ended[key] = (answer.message, now)
            return [reply(message, 100, source), answer]
        }
        var leg = CallLeg(request: message, source: source, since: now)
        var packets = [reply(message, 100, source)]
        if behaviour.ringing > 0 {
            let ringing = reply(message, 180, source, contact)
            leg.lastAnswer = ringing.message
            packets.append(ringing)
        } else {
            packets.append(leg.giveAnswer(accept(message, source), now))
        }
        live[key] = leg
        return packets
    }

    private mutating func bye(_ message: SIPMessage, _ key: Key, _ source: SIPPeer, _ now: Date) -> [Packet] {
        let isKnown = live[key] != nil || ended[key] != nil
        if live.removeValue(forKey: key) != nil { ended[key] = (nil, now) }
        return [reply(message, isKnown ? 200 : 481, source)]
    }

    /// RFC 3261 section 9.2: it ends a call that still rings; one that was answered goes on, and BYE ends it.
    private mutating func cancel(_ message: SIPMessage, _ key: Key, _ source: SIPPeer, _ now: Date) -> [Packet] {
        guard let leg = live[key], leg.request.branch == message.branch else {
            return [reply(message, ended[key] == nil ? 481 : 200, source)]
        }
        guard !leg.isAnswered else { return [reply(message, 200, source)] }
        let terminated = reply(leg.request, 487, leg.source)
        live[key] = nil
        ended[key] = (terminated.message, now)
        return [reply(message, 200, source), terminated]
    }

    private mutating func end(_ key: Key, _ now: Date) -> [Packet] {
        guard let leg = live.removeValue(forKey: key) else { return [] }
        guard leg.isAnswered else {
            let declined = reply(leg.request, 603, leg.source)
            ended[key] = (declined.message, now)
            return [declined]
        }
        ended[key] = (nil, now)
        return [Packet(message: leg.bye(local: local, localTag: localTag(key)), to: leg.source)]
    }

    private var nonce: String { localTag(Key(callID: "nonce", remoteTag: product)) }

    private func accept(_ request: SIPMessage, _ source: SIPPeer) -> Packet {
        var packet = reply(request, 200, source, contact)
        if let media, SessionDescription(parsing: request.body) != nil {
            packet.message.headers.append(.init("Content-Type", "application/sdp"))
            packet.message.body = Array(SessionDescription(address: local.host, port: media).text.utf8)
        }
        return packet
    }

    private var contact: [SIPMessage.Header] { [.init("Contact", "<sip:\(local.host):\(local.port)>")] }

    private func reply(
        _ request: SIPMessage, _ status: Int, _ source: SIPPeer, _ more: [SIPMessage.Header] = []
    ) -> Packet {
        let key = Key(callID: request.callID, remoteTag: request.tag(of: "From") ?? "")
        let answer = request.answer(status, tag: localTag(key), source: source, more: more + [.init("Server", product)])
        return Packet(message: answer, to: request.returnAddress(source: source))
    }

    /// The tag of our side: a function of the dialog, so that an answer given again is the same answer (FNV-1a, 64 bits).
    private func localTag(_ key: Key) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in "\(key.callID)\n\(key.remoteTag)\n\(local.host):\(local.port)".utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        return String(hash, radix: 16)
    }
}
