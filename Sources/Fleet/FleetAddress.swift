import HTTPTransport

/// Where fleet's API listens.
public enum FleetAddress: Sendable, Equatable, CustomStringConvertible {
    /// `http://host:port`, without a slash at the end.
    case http(String)
    /// fleet's own default is `/var/run/fleet.sock`.
    case unixSocket(String)

    /// Takes `unix:/path`, `unix:///path`, `http://host:port` and `https://host:port`; nil for anything else.
    public init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = text.dropFirst(5)
            let short = path.hasPrefix("///") ? path.dropFirst(2) : path
            guard short.hasPrefix("/"), !short.hasPrefix("//"), short.count > 1 else { return nil }
            self = .unixSocket(String(short))
        } else if text.hasPrefix("http://") || text.hasPrefix("https://"), !text.hasSuffix("://") {
            self = .http(text.hasSuffix("/") ? String(text.dropLast()) : text)
        } else {
            return nil
        }
    }

    public var description: String {
        switch self {
        case .http(let url): HTTPError.presentable(url)
        case .unixSocket(let path): "unix:\(path)"
        }
    }

    var url: String {
        switch self {
        case .http(let url): url
        // The host only fills the Host field.
        case .unixSocket: "http://fleet"
        }
    }

    var socketPath: String? {
        switch self {
        case .http: nil
        case .unixSocket(let path): path
        }
    }
}
