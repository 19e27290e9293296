import FoundationEssentials
import HTTPTransport

/// A client of Kamailio's JSON-RPC over HTTP (modules `xhttp` and `jsonrpcs`).
///
/// Over HTTP, since the datagram socket of `jsonrpcs` silently loses answers of more than some 100 kB. Copies share connections.
public struct KamailioClient: Sendable {
    /// As `http://127.0.0.1:8060/RPC`.
    public let url: String
    private let http: HTTPClient
    private let timeout: Duration

    /// - Parameter timeout: of each command.
    public init(url: String, timeout: Duration = .seconds(2)) {
        self.url = url
        self.timeout = timeout
        http = HTTPClient(options: .init(connectTimeout: timeout / .seconds(1)))
    }

    /// Ends what is under way and closes all connections. Later commands fail.
    public func close() async { await http.close() }

    /// Runs one command.
    func call<Result: Decodable>(
        _ method: String, _ parameters: [RPCParameter] = [], as: Result.Type = Result.self
    ) async throws(KamailioError) -> Result {
        let shown = HTTPError.presentable(url)
        let response: HTTPResponse
        do {
            response = try await http.send(
                HTTPRequest(
                    method: "POST", url: url, headers: ["Content-Type": "application/json"],
                    body: RPCRequest(method: method, parameters: parameters).body, timeout: timeout / .seconds(1)))
        } catch {
            throw KamailioError(.unreachable(error), method: method, url: shown)
        }
        // Refusals come as 500 or 404 with the error in the body.
        let answer: RPCAnswer<Result>
        do {
            answer = try JSONDecoder().decode(RPCAnswer<Result>.self, from: Data(response.body))
        } catch {
            throw KamailioError(.unreadable("HTTP \(response.status), \(error)"), method: method, url: shown)
        }
        if let refusal = answer.error {
            throw KamailioError(.refused(code: refusal.code, message: refusal.message), method: method, url: shown)
        }
        guard let result = answer.result else {
            throw KamailioError(
                .unreadable("HTTP \(response.status) with neither result nor error"), method: method, url: shown)
        }
        return result
    }
}

/// What Kamailio's commands take.
enum RPCParameter: Encodable {
    case text(String)
    case number(Int)

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .number(let number): try container.encode(number)
        }
    }
}

private struct RPCRequest: Encodable {
    var jsonrpc = "2.0"
    var method: String
    var params: [RPCParameter]
    var id = 1

    init(method: String, parameters: [RPCParameter]) {
        self.method = method
        params = parameters
    }

    var body: [UInt8] {
        do {
            return Array(try JSONEncoder().encode(self))
        } catch {
            // Strings and integers alone, which always encode.
            preconditionFailure("a request to Kamailio does not encode: \(error)")
        }
    }
}

private struct RPCAnswer<Result: Decodable>: Decodable {
    struct Refusal: Decodable {
        var code: Int
        var message: String
    }

    var result: Result?
    var error: Refusal?
}
