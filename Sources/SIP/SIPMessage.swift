/// One SIP message (RFC 3261 section 7), as text went over the wire: no URI or parameter is interpreted before it is asked for.
public struct SIPMessage: Sendable, Hashable {
    /// The first line: what is asked, or what is answered.
    public enum Start: Sendable, Hashable {
        case request(method: String, uri: String)
        case response(status: Int, reason: String)
    }

    /// One header line; `name` in the long form (`Via`, never `v`), `value` without the white space around it.
    public struct Header: Sendable, Hashable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public var start: Start
    /// In the order in which they came; repeated headers stay apart.
    public var headers: [Header]
    public var body: [UInt8]

    public init(start: Start, headers: [Header], body: [UInt8] = []) {
        self.start = start
        self.headers = headers
        self.body = body
    }

    /// The first header of that name (names compare without case, RFC 3261 section 7.3.1).
    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// All headers of that name, in order.
    public func headers(_ name: String) -> [Header] {
        headers.filter { $0.name.lowercased() == name.lowercased() }
    }

    /// The request's method; `nil` for a response.
    public var method: String? {
        if case .request(let method, _) = start { method } else { nil }
    }

    /// The response's status; `nil` for a request.
    public var status: Int? {
        if case .response(let status, _) = start { status } else { nil }
    }

    public var callID: String { header("Call-ID") ?? "" }

    /// The number and the method of `CSeq`.
    public var sequence: (number: UInt32, method: String)? {
        let parts = (header("CSeq") ?? "").split(whereSeparator: { $0 == " " || $0 == "\t" })
        guard parts.count == 2, let number = UInt32(parts[0]) else { return nil }
        return (number, String(parts[1]))
    }

    /// The tag of `From` or `To`.
    public func tag(of name: String) -> String? {
        header(name).flatMap { SIPMessage.parameter("tag", of: SIPMessage.afterAddress($0)) }
    }

    /// The transaction's branch: a parameter of the topmost `Via`.
    public var branch: String? {
        topmostVia.flatMap { SIPMessage.parameter("branch", of: $0) }
    }

    /// The first value of the first `Via` header (several may stand in one line, parted by commas).
    var topmostVia: Substring? {
        header("Via").map { $0.prefix { $0 != "," } }
    }

    /// The message as it goes over the wire, `Content-Length` last and right.
    public func rendered() -> [UInt8] {
        var text: String
        switch start {
        case .request(let method, let uri): text = "\(method) \(uri) SIP/2.0\r\n"
        case .response(let status, let reason): text = "SIP/2.0 \(status) \(reason)\r\n"
        }
        for header in headers where header.name.lowercased() != "content-length" {
            text += "\(header.name): \(header.value)\r\n"
        }
        text += "Content-Length: \(body.count)\r\n\r\n"
        return Array(text.utf8) + body
    }

    /// The value of `;name=value` in `text`; empty for a parameter without a value.
    static func parameter(_ name: String, of text: some StringProtocol) -> String? {
        for part in text.split(separator: ";").dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let key = trimmed(pair[0])
            if key.lowercased() == name { return pair.count == 2 ? trimmed(pair[1]) : "" }
        }
        return nil
    }

    /// What follows `<uri>` (with a leading character to be dropped), so that a URI's parameters are not taken for the header's.
    static func afterAddress(_ value: String) -> Substring {
        value.lastIndex(of: ">").map { value[$0...] } ?? value[...]
    }

    static func trimmed(_ text: some StringProtocol) -> String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        var rest = text[...]
        while let first = rest.first, isBlank(first) { rest = rest.dropFirst() }
        while let last = rest.last, isBlank(last) { rest = rest.dropLast() }
        return String(rest)
    }
}
