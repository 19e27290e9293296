extension SIPMessage {
    /// Reasons as Asterisk and RFC 3261 section 21 word them.
    private static let reasons: [Int: String] = [
        100: "Trying", 180: "Ringing", 200: "OK", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed",
        481: "Call/Transaction Does Not Exist", 482: "Loop Detected", 487: "Request Terminated",
        500: "Server Internal Error", 501: "Not Implemented", 503: "Service Unavailable",
    ]

    /// An answer to this request (RFC 3261 section 8.2.6): its Via headers, From, To (with `tag` unless it has one), Call-ID and CSeq, then `more`.
    func answer(_ status: Int, tag: String?, source: SIPPeer, more: [Header] = []) -> SIPMessage {
        var answer: [Header] = headers("Via")
        if let first = answer.first { answer[0].value = SIPMessage.completed(via: first.value, source: source) }
        if status < 300, method == "INVITE" { answer += headers("Record-Route") }
        if let from = header("From") { answer.append(Header("From", from)) }
        if var to = header("To") {
            if let tag, status > 100, self.tag(of: "To") == nil { to += ";tag=\(tag)" }
            answer.append(Header("To", to))
        }
        answer.append(Header("Call-ID", callID))
        if let sequence = header("CSeq") { answer.append(Header("CSeq", sequence)) }
        return SIPMessage(
            start: .response(status: status, reason: SIPMessage.reasons[status] ?? "Answer"), headers: answer + more)
    }

    /// The topmost Via with `received` (RFC 3261 section 18.2.1) and a filled `rport` (RFC 3581 section 4).
    private static func completed(via: String, source: SIPPeer) -> String {
        let first = via.prefix { $0 != "," }
        let rest = via.dropFirst(first.count)
        guard parameter("rport", of: first) == "" else {
            return sentBy(first)?.host == source.host ? via : "\(first);received=\(source.host)\(rest)"
        }
        let parts = first.split(separator: ";").map { part in
            trimmed(part).lowercased() == "rport" ? "rport=\(source.port)" : String(part)
        }
        return parts.joined(separator: ";") + ";received=\(source.host)\(rest)"
    }

    /// Where an answer goes (RFC 3261 section 18.2.2, RFC 3581): back to the sending address; its port is the one in Via unless `rport` asked for the real one.
    func returnAddress(source: SIPPeer) -> SIPPeer {
        guard let via = topmostVia, SIPMessage.parameter("rport", of: via) == nil else { return source }
        return SIPPeer(host: source.host, port: SIPMessage.sentBy(via)?.port ?? 5060)
    }

    /// Host and port of `SIP/2.0/UDP host:port;...`.
    private static func sentBy(_ via: Substring) -> (host: String, port: Int?)? {
        guard let words = via.split(separator: ";").first?.split(whereSeparator: { $0 == " " || $0 == "\t" }),
            words.count >= 2
        else { return nil }
        let text = words[words.count - 1]
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]) else {
            return (String(text), nil)
        }
        return (String(text[..<colon]), port)
    }
}

/// An address and a UDP port that sent or gets a message.
public struct SIPPeer: Sendable, Hashable {
    /// An IP address as text.
    public var host: String
    public var port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }
}
