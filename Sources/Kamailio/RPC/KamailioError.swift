import HTTPTransport

/// Why Kamailio gave no answer that can be used.
public struct KamailioError: Error, CustomStringConvertible, Sendable {
    public enum Kind: Sendable {
        /// No whole answer came.
        case unreachable(HTTPError)
        /// Kamailio's own refusal, as `500 Ongoing reload`.
        case refused(code: Int, message: String)
        /// An answer, but not the JSON that was expected.
        case unreadable(String)
    }

    /// The command that was asked.
    public let method: String
    /// Where it was asked.
    public let url: String
    public let kind: Kind

    init(_ kind: Kind, method: String, url: String) {
        self.kind = kind
        self.method = method
        self.url = url
    }

    /// A reload within `reload_delta` seconds of the one before: nothing was reloaded, and it may be asked again.
    public var isOngoingReload: Bool {
        if case .refused(_, "Ongoing reload") = kind { true } else { false }
    }

    public var description: String {
        let reason =
            switch kind {
            case .unreachable(let error): "\(error)"
            case .refused(let code, let message): "\(code) \(message)"
            case .unreadable(let problem): "an answer that is not as documented: \(problem)"
            }
        return "Kamailio at \(url), \(method): \(reason)"
    }
}
