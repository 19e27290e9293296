/// One request. It is checked when it is sent: a line break or a NUL in a header, in the method or in the URL is refused.
public struct HTTPRequest: Sendable, Equatable {
    public var method: String
    /// An absolute `http:` or `https:` URL, already percent-encoded.
    public var url: String
    public var headers: HTTPHeaders
    /// nil sends no body at all, an empty array one of length 0.
    public var body: [UInt8]?
    /// Seconds for the whole exchange; of a stream, until its head is there. nil waits without end.
    public var timeout: Double?
    /// Connect to this unix socket instead of the URL's host, which then only fills the Host field.
    public var unixSocket: String?
    /// Whether the request may be sent a second time when a kept-alive connection turns out to be dead before any byte of an answer. When not, that is
    /// an error with `wasSent`, because the server may have acted on the first one.
    public var mayBeRepeated: Bool

    /// - Parameter mayBeRepeated: nil decides by the method: only GET and HEAD may.
    public init(
        method: String = "GET", url: String, headers: HTTPHeaders = [:], body: [UInt8]? = nil,
        timeout: Double? = 30, unixSocket: String? = nil, mayBeRepeated: Bool? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.unixSocket = unixSocket
        self.mayBeRepeated = mayBeRepeated ?? (method == "GET" || method == "HEAD")
    }

    /// What is wrong with it, or nil. libcurl takes C strings and header lines: a NUL would cut the one, a line break would end the other.
    var defect: String? {
        let isTokenCharacter = { (byte: UInt8) in
            byte > 0x20 && byte < 0x7f && !"()<>@,;:\\\"/[]?={}".utf8.contains(byte)
        }
        if method.isEmpty || !method.utf8.allSatisfy(isTokenCharacter) { return "the method is not a token" }
        if url.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7f }) {
            return "the URL contains a space or control character; percent-encode it"
        }
        let scheme = url.prefix { $0 != ":" }.lowercased()
        if scheme != "http" && scheme != "https" { return "the URL does not begin with http:// or https://" }
        if let unixSocket, unixSocket.utf8.contains(0) { return "the socket path contains a NUL byte" }
        for field in headers.fields {
            if field.name.isEmpty || !field.name.utf8.allSatisfy(isTokenCharacter) {
                return "a header name is not a token"
            }
            if field.value.utf8.contains(where: { $0 == 0 || $0 == 0x0a || $0 == 0x0d }) {
                return "the value of header \(field.name) contains a line break or a NUL byte"
            }
        }
        return nil
    }
}

/// A whole answer.
public struct HTTPResponse: Sendable, Equatable {
    public var status: Int
    public var headers: HTTPHeaders
    public var body: [UInt8]

    public init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
