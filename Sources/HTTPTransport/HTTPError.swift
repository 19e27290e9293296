import CCurl

/// No answer, or not a whole one. An answer with a status of 400 or more is no error here.
public struct HTTPError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: Sendable, Equatable {
        /// The request cannot be put on the wire as it is.
        case invalidRequest
        /// No connection: name not found, refused, unreachable, or not in time.
        case cannotConnect
        /// The connection was there, but TLS did not come about: certificate, trust, alert.
        case tls
        /// The time allowed for the whole exchange is over.
        case timedOut
        /// The connection broke, or the answer makes no sense.
        case connectionLost
        /// The answer is larger than the client's limit.
        case tooLarge
        /// The task that asked was cancelled, or the stream was given up.
        case cancelled
        /// The client was closed.
        case closed
    }

    public let kind: Kind
    /// libcurl's `CURLcode`; nil when libcurl was not the one to refuse.
    public let curlCode: Int?
    /// libcurl's own words where there are any.
    public let message: String
    public let method: String
    /// What was asked, without user information and without the query, which may carry secrets.
    public let url: String
    public let unixSocket: String?
    /// Whether bytes of the request had left before the failure: then the server may have acted on it.
    public let wasSent: Bool

    init(
        _ kind: Kind, _ message: String, curlCode: Int? = nil, request: HTTPRequest, wasSent: Bool = false
    ) {
        self.kind = kind
        self.curlCode = curlCode
        self.message = message
        self.method = request.method
        self.url = Self.presentable(request.url)
        self.unixSocket = request.unixSocket
        self.wasSent = wasSent
    }

    init(curl code: CURLcode, detail: String, request: HTTPRequest, wasSent: Bool) {
        let text = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
        // In TLS 1.3 a server refuses our certificate when we have begun to send; what it has not authenticated it has not read.
        if detail.contains(" alert "), detail.contains("certificate") || detail.contains("unknown ca") {
            self.init(.tls, text, curlCode: Int(code.rawValue), request: request)
            return
        }
        self.init(
            Self.kind(of: code, wasSent: wasSent), text, curlCode: Int(code.rawValue), request: request,
            wasSent: wasSent)
    }

    public var description: String {
        let place = unixSocket.map { " over \($0)" } ?? ""
        let code = curlCode.map { " (curl \($0))" } ?? ""
        return "\(method) \(url)\(place): \(message)\(code)"
    }

    private static func kind(of code: CURLcode, wasSent: Bool) -> Kind {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_PROXY, CURLE_INTERFACE_FAILED:
            .cannotConnect
        case CURLE_OPERATION_TIMEDOUT:
            wasSent ? .timedOut : .cannotConnect
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CRL_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_ENGINE_NOTFOUND,
            CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT:
            .tls
        // libcurl also says "unsupported protocol" for an answer that is no HTTP; then the request has gone out.
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_FUNCTION_ARGUMENT, CURLE_UNKNOWN_OPTION:
            wasSent ? .connectionLost : .invalidRequest
        default:
            .connectionLost
        }
    }

    /// The URL without `user:password@`, query and fragment. Works on rubbish too: it is used for URLs that no parser takes.
    public static func presentable(_ url: String) -> String {
        let end = url.firstIndex { $0 == "?" || $0 == "#" } ?? url.endIndex
        let query = url[end...].first == "?" ? "?..." : ""
        guard let separator = url[..<end].firstRange(of: "://") else { return "..." }
        let rest = url[separator.upperBound..<end]
        let path = rest.firstIndex(of: "/") ?? rest.endIndex
        let host = rest[..<path].split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        // `user:pass/word@host` and the like: what looks like a port may be the beginning of a password.
        let port =
            host.last == "]" ? "" : host.split(separator: ":", omittingEmptySubsequences: false).dropFirst().last ?? ""
        guard port.allSatisfy(\.isNumber) else { return "\(url[..<separator.upperBound])..." }
        return "\(url[..<separator.upperBound])\(host)\(rest[path...])\(query)"
    }
}
