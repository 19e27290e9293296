import FoundationEssentials
import Glibc
import HTTPTransport
import OrderedJSON

/// A client of fleet's HTTP API, version 1, over TCP or a unix socket. It has no authentication. Copies share connections; they are closed
/// when the last copy goes.
public struct FleetClient: Sendable {
    public let address: FleetAddress
    private let http: HTTPClient
    private let timeout: Double

    /// - Parameter timeout: seconds for one request; a listing of several pages may take that for each.
    public init(address: FleetAddress, timeout: Double = 5) {
        self.address = address
        self.timeout = timeout
        http = HTTPClient(options: .init(connectTimeout: min(timeout, 3)))
    }

    /// Ends what is under way and closes all connections. Later calls fail.
    public func close() async { await http.close() }

    public func machines() async throws(FleetError) -> [FleetMachine] {
        try await allPages("/machines", query: []) { (page: MachinePage) in (page.machines, page.nextPageToken) }
    }

    public func units() async throws(FleetError) -> [FleetUnit] {
        try await allPages("/units", query: []) { (page: UnitPage) in (page.units, page.nextPageToken) }
    }

    /// The unit, or nil when fleet has none of that name.
    public func unit(_ name: String) async throws(FleetError) -> FleetUnit? {
        do {
            return try await read(Self.path(ofUnit: name))
        } catch .api(404, _, _) {
            return nil
        }
    }

    /// States of all units, of one, or of those on one machine.
    public func states(unit: String? = nil, machineID: String? = nil) async throws(FleetError) -> [UnitState] {
        let query = [("unitName", unit), ("machineID", machineID)]
        return try await allPages("/state", query: query) { (page: StatePage) in (page.states, page.nextPageToken) }
    }

    /// Creates the unit, or makes it mean this.
    @discardableResult
    public func put(
        _ name: String, options: [UnitOption], desiredState: FleetUnit.State
    ) async throws(FleetError) -> FleetPutResult {
        let body = PutBody(desiredState: desiredState, options: options)
        let response = try await exchange("PUT", Self.path(ofUnit: name), body: Self.encode(body))
        return response.status == 201 ? .written : .unchanged
    }

    /// Changes the desired state of a unit that is there; otherwise fleet answers 409.
    public func setDesiredState(_ state: FleetUnit.State, of name: String) async throws(FleetError) {
        _ = try await exchange("PUT", Self.path(ofUnit: name), body: Self.encode(PutBody(desiredState: state)))
    }

    /// Stops and removes the unit; fleet answers 404 when there is none.
    public func delete(_ name: String) async throws(FleetError) {
        _ = try await exchange("DELETE", Self.path(ofUnit: name), body: nil)
    }
}

// Pages and answers.
extension FleetClient {
    /// Listings come in pages of 100; an empty one comes as `{}`.
    private func allPages<Page: Decodable, Item>(
        _ path: String, query: [(String, String?)], _ content: (Page) -> ([Item]?, String?)
    ) async throws(FleetError) -> [Item] {
        var items: [Item] = []
        var token: String?
        while true {
            let page: Page = try await read(path + Self.query(query + [("nextPageToken", token)]))
            let (more, next) = content(page)
            items += more ?? []
            guard let next, !next.isEmpty else { return items }
            if next == token {
                throw .malformed(address: "\(address)", call: "GET \(path)", detail: "a page that is its own next page")
            }
            token = next
        }
    }

    func read<Answer: Decodable>(_ path: String) async throws(FleetError) -> Answer {
        let response = try await exchange("GET", path, body: nil)
        do {
            return try JSONDocument.decode(Answer.self, from: response.body)
        } catch {
            throw .malformed(address: "\(address)", call: "GET \(path)", detail: "\(error)")
        }
    }

    /// One request; `path` begins behind `/fleet/v1`.
    func exchange(_ method: String, _ path: String, body: [UInt8]?) async throws(FleetError) -> HTTPResponse {
        let call = "\(method) /fleet/v1\(path)"
        let response: HTTPResponse
        do {
            response = try await http.send(
                HTTPRequest(
                    method: method, url: address.url + "/fleet/v1" + path,
                    headers: body == nil ? [:] : ["Content-Type": "application/json"], body: body, timeout: timeout,
                    unixSocket: address.socketPath))
        } catch {
            let reason = reason(error)
            if method != "GET" && error.wasSent {
                throw .outcomeUnknown(address: "\(address)", call: call, reason: reason)
            }
            throw error.kind == .cancelled ? .cancelled : .unreachable(address: "\(address)", reason: reason)
        }
        guard (200..<300).contains(response.status) else {
            throw .api(status: response.status, message: Self.message(in: response), call: call)
        }
        return response
    }

    /// libcurl's words, but for a socket that takes no connection: of that it names only the host and port that nobody has asked for.
    private func reason(_ error: HTTPError) -> String {
        if error.kind == .cannotConnect, let path = address.socketPath {
            guard access(path, F_OK) == 0 else {
                return "there is no socket \(path): \(String(cString: strerror(errno)))"
            }
            return "nobody takes a connection on the socket \(path), or we may not use it"
        }
        return error.message + (error.curlCode.map { " (curl \($0))" } ?? "")
    }

    private static func message(in response: HTTPResponse) -> String {
        struct Body: Decodable {
            struct Content: Decodable {
                var message: String
            }
            var error: Content
        }
        if let body = try? JSONDecoder().decode(Body.self, from: Data(response.body)) { return body.error.message }
        // Not fleet's form: something between us and fleet has answered.
        let text = String(decoding: response.body.prefix(200), as: UTF8.self)
        return text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    private static func encode(_ body: PutBody) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(body))
        } catch {
            // The body holds strings only, which always encode.
            preconditionFailure("a request to fleet does not encode: \(error)")
        }
    }
}

// URLs.
extension FleetClient {
    static func path(ofUnit name: String) -> String { "/units/\(encoded(name))" }

    static func query(_ items: [(String, String?)]) -> String {
        let set = items.compactMap { name, value in value.map { "\(name)=\(encoded($0))" } }
        return set.isEmpty ? "" : "?" + set.joined(separator: "&")
    }

    /// RFC 3986 "unreserved" and `@`, which stands for itself in paths and queries, stay; every other byte is escaped.
    static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: "@"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let hex = String(byte, radix: 16, uppercase: true)
                result += "%" + (hex.count == 1 ? "0" : "") + hex
            }
        }
        return result
    }
}

private struct PutBody: Encodable {
    var desiredState: FleetUnit.State
    var options: [UnitOption]?
}

private struct MachinePage: Decodable {
    var machines: [FleetMachine]?
    var nextPageToken: String?
}

private struct UnitPage: Decodable {
    var units: [FleetUnit]?
    var nextPageToken: String?
}

private struct StatePage: Decodable {
    var states: [UnitState]?
    var nextPageToken: String?
}
