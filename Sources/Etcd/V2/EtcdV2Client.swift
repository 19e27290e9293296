import FoundationEssentials
import HTTPTransport

/// A client of etcd's old v2 API (`/v2/keys`), which etcd 3.4 serves with `--enable-v2` and which 3.5 is the last to have: for programs that read nothing
/// else. It shares nothing with the v3 store.
public struct EtcdV2Client: Sendable {
    public let endpoints: [String]
    private let http: HTTPClient
    private let timeout: Double

    /// - Parameter timeout: seconds for one call at one endpoint.
    public init(endpoints: [String], tls: HTTPClient.TLSFiles = .init(), timeout: Double = 3) {
        self.endpoints = endpoints.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        self.timeout = timeout
        http = HTTPClient(options: .init(connectTimeout: min(timeout, 2), tls: tls))
    }

    /// Ends what is under way and closes all connections. Later calls fail.
    public func close() async { await http.close() }

    /// Writes a key; its directories are made.
    public func set(_ key: String, _ value: String) async throws(EtcdError) {
        _ = try await ask("PUT", key, body: "value=\(Self.escaped(value))")
    }

    /// The key's value; `nil` where there is no such key.
    public func get(_ key: String) async throws(EtcdError) -> String? {
        struct Answer: Decodable {
            struct Node: Decodable {
                var value: String?
            }
            var node: Node
        }
        let response = try await ask("GET", key)
        guard response.status != 404 else { return nil }
        do {
            return try JSONDecoder().decode(Answer.self, from: Data(response.body)).node.value
        } catch {
            throw .malformed(endpoint: endpoints.first ?? "", detail: "\(error)")
        }
    }

    /// Deletes a directory with all that is in it; none there is no error.
    public func deleteDirectory(_ key: String) async throws(EtcdError) {
        _ = try await ask("DELETE", key, query: "?recursive=true&dir=true")
    }

    /// Every call here may be repeated: the endpoints are asked in turn.
    private func ask(
        _ method: String, _ key: String, query: String = "", body: String? = nil
    ) async throws(EtcdError) -> HTTPResponse {
        var tried: [EtcdError.Attempt] = []
        for endpoint in endpoints {
            let path = key.split(separator: "/").map { Self.escaped(String($0)) }.joined(separator: "/")
            let request = HTTPRequest(
                method: method, url: "\(endpoint)/v2/keys/\(path)\(query)",
                headers: body == nil ? [:] : ["Content-Type": "application/x-www-form-urlencoded"],
                body: body.map { Array($0.utf8) }, timeout: timeout)
            let shown = HTTPError.presentable(endpoint)
            do {
                let response = try await http.send(request)
                if (200...299).contains(response.status) || response.status == 404 { return response }
                let words = String(decoding: response.body.prefix(200), as: UTF8.self)
                tried.append(.init(endpoint: shown, reason: "HTTP \(response.status) \(words)"))
            } catch {
                if error.kind == .cancelled { throw .cancelled }
                tried.append(.init(endpoint: shown, reason: error.reason))
            }
        }
        throw .unreachable(tried: tried)
    }

    /// RFC 3986 "unreserved" stays; every other byte is escaped.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let hex = String(byte, radix: 16, uppercase: true)
                result += "%" + (hex.count == 1 ? "0" : "") + hex
            }
        }
        return result
    }
}
