import FoundationEssentials
import HTTPTransport

/// A client of Asterisk's REST interface (ARI), for what an announcer asks: the channels in use, and whether Asterisk answers.
///
/// `GET /ari/channels` is the one counter that goes on answering while Asterisk drains; AMI and the command line refuse then.
public struct AsteriskRest: Sendable {
    /// A user of `ari.conf`.
    public struct Credentials: Sendable {
        public var user: String
        public var password: String

        public init(user: String, password: String) {
            self.user = user
            self.password = password
        }
    }

    /// As `http://10.0.0.11:8088`, without `/ari`.
    public let url: String
    private let credentials: Credentials?
    private let http: HTTPClient
    private let timeout: Duration

    /// - Parameter timeout: of each request.
    public init(
        url: String, credentials: Credentials? = nil, http: HTTPClient = HTTPClient(), timeout: Duration = .seconds(2)
    ) {
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.credentials = credentials
        self.http = http
        self.timeout = timeout
    }

    /// The channels in use, as Asterisk lists them.
    public func channels() async throws(AsteriskError) -> [Channel] {
        try await get("channels", as: [Channel].self).value
    }

    /// The version, from the `Server` header of the answer to `ping`; `nil` when it names none.
    @discardableResult
    public func ping() async throws(AsteriskError) -> String? {
        struct Pong: Decodable {
            var ping: String
        }
        return try await get("asterisk/ping", as: Pong.self).version
    }

    /// What Asterisk says of itself.
    public func info() async throws(AsteriskError) -> AsteriskInfo {
        try await get("asterisk/info", as: AsteriskInfo.self).value
    }

    /// Sets one of the dialplan's global variables.
    ///
    /// - Parameter value: of letters, digits and the signs that a URL takes as they are.
    public func set(global name: String, to value: String) async throws(AsteriskError) {
        let path = "asterisk/variable?variable=\(name)&value=\(value)"
        let answer = try await send("POST", path)
        guard answer.status == 204 else { throw AsteriskError(url: "\(url)/ari/\(path)", refusal: answer) }
    }

    private func get<T: Decodable>(
        _ path: String, as type: T.Type
    ) async throws(AsteriskError) -> (value: T, version: String?) {
        let place = "\(url)/ari/\(path)"
        let response = try await send("GET", path)
        guard response.status == 200 else { throw AsteriskError(url: place, refusal: response) }
        do {
            let value = try JSONDecoder().decode(type, from: Data(response.body))
            return (value, AsteriskRest.version(server: response.headers["Server"]))
        } catch {
            throw AsteriskError(url: place, kind: .unreadable("\(error)"))
        }
    }

    private func send(_ method: String, _ path: String) async throws(AsteriskError) -> HTTPResponse {
        let place = "\(url)/ari/\(path)"
        var request = HTTPRequest(method: method, url: place)
        request.timeout = timeout / .seconds(1)
        if let credentials {
            let pair = Data("\(credentials.user):\(credentials.password)".utf8).base64EncodedString()
            request.headers["Authorization"] = "Basic \(pair)"
        }
        do {
            return try await http.send(request)
        } catch {
            throw AsteriskError(url: place, kind: .unreachable(error))
        }
    }

    /// The version in `Asterisk/20.9.0`.
    static func version(server: String?) -> String? {
        guard let server, server.hasPrefix("Asterisk/") else { return nil }
        return String(server.dropFirst("Asterisk/".count))
    }
}
