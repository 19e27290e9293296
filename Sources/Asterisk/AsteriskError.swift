import FoundationEssentials
import HTTPTransport

/// Why Asterisk's REST interface gave no answer that can be used.
public struct AsteriskError: Error, CustomStringConvertible, Sendable {
    public enum Kind: Sendable {
        /// No whole answer came.
        case unreachable(HTTPError)
        /// 401: `ari.conf` has no such user, or another password.
        case unauthorized
        /// 404: no such resource; while Asterisk starts, also for those that will be there.
        case notFound
        /// 503: Asterisk is still starting.
        case starting
        /// Another status, with Asterisk's message.
        case refused(status: Int, message: String)
        /// 200, but not the JSON that was expected.
        case unreadable(String)
    }

    /// What was asked.
    public let url: String
    public let kind: Kind

    init(url: String, kind: Kind) {
        self.url = url
        self.kind = kind
    }

    init(url: String, refusal: HTTPResponse) {
        struct Body: Decodable {
            var message: String
        }
        self.url = url
        switch refusal.status {
        case 401: kind = .unauthorized
        case 404: kind = .notFound
        case 503: kind = .starting
        default:
            let message = try? JSONDecoder().decode(Body.self, from: Data(refusal.body)).message
            kind = .refused(status: refusal.status, message: message ?? "")
        }
    }

    public var description: String {
        let reason =
            switch kind {
            case .unreachable(let error): "\(error)"
            case .unauthorized: "401: ari.conf has no such user, or another password"
            case .notFound: "404: no such resource (or Asterisk has not loaded res_ari yet)"
            case .starting: "503: Asterisk is starting"
            case .refused(let status, let message): "\(status) \(message)"
            case .unreadable(let problem): "an answer that is not as documented: \(problem)"
            }
        return "GET \(url): \(reason)"
    }
}
