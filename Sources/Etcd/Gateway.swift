import FoundationEssentials
import HTTPTransport
import OrderedJSON
import Synchronization

/// Carries calls to one of several endpoints: JSON out, JSON or a typed error in.
final class Gateway: Sendable {
    /// What may be done when nobody knows whether a call arrived.
    enum Repetition {
        /// It changes nothing, or nothing more when done twice: another endpoint is asked.
        case harmless
        /// The caller must look first.
        case no
    }

    let http: HTTPClient
    let endpoints: [String]
    let timeout: Double
    /// Where the next call begins: the endpoint that worked last.
    private let preferred = Mutex(0)

    init(endpoints: [String], tls: HTTPClient.TLSFiles, timeout: Double) {
        // A host that swallows packets must leave time for the others.
        let connectTimeout = min(timeout / Double(max(endpoints.count, 1)), 2)
        http = HTTPClient(options: .init(connectTimeout: connectTimeout, tls: tls))
        self.endpoints = endpoints.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        self.timeout = timeout
    }

    /// Posts to the first endpoint that can be used.
    func call<Answer: Decodable>(
        _ path: String, _ body: some Encodable, repetition: Repetition, as: Answer.Type = Answer.self
    ) async throws(EtcdError) -> Answer {
        let json = Self.encode(body)
        let deadline = ContinuousClock.now + .seconds(timeout)
        var tried: [EtcdError.Attempt] = []
        let order = endpointsInTurn()
        for (position, index) in order.enumerated() {
            let left = ContinuousClock.now.duration(to: deadline) / .seconds(1)
            if left <= 0 { break }
            // A write that was sent is not sent elsewhere, so it may as well wait to the end.
            let share = repetition == .no ? left : left / Double(order.count - position)
            let request = post(path, json, to: endpoints[index], timeout: share, repetition)
            do {
                let answer = try await exchange(request, at: endpoints[index], as: Answer.self)
                prefer(index)
                return answer
            } catch {
                let attempt = try error.attempt(isWrite: repetition == .no, before: tried)
                tried.append(attempt)
                // Where the next call begins while none is known to work.
                prefer((index + 1) % endpoints.count)
            }
        }
        throw .unreachable(tried: tried)
    }

    /// Asks this one endpoint.
    func ask<Answer: Decodable>(
        _ request: HTTPRequest, at endpoint: String, as: Answer.Type = Answer.self
    ) async throws(EtcdError) -> Answer {
        do {
            return try await exchange(request, at: endpoint, as: Answer.self)
        } catch {
            throw .unreachable(tried: [try error.attempt(isWrite: false, before: [])])
        }
    }

    func post(
        _ path: String, _ json: [UInt8], to endpoint: String, timeout: Double, _ repetition: Repetition
    ) -> HTTPRequest {
        HTTPRequest(
            method: "POST", url: endpoint + path, headers: ["Content-Type": "application/json"], body: json,
            timeout: timeout, mayBeRepeated: repetition == .harmless)
    }

    func exchange<Answer: Decodable>(
        _ request: HTTPRequest, at endpoint: String, as: Answer.Type
    ) async throws(Failure) -> Answer {
        let response: HTTPResponse
        do {
            response = try await http.send(request)
        } catch {
            throw Failure(endpoint: HTTPError.presentable(endpoint), cause: .transport(error))
        }
        return try Self.decode(response, from: endpoint, as: Answer.self)
    }

    /// The endpoints' indices, the preferred one first.
    func endpointsInTurn() -> [Int] {
        let first = preferred.withLock { $0 }
        return endpoints.indices.map { ($0 + first) % endpoints.count }
    }

    func prefer(_ index: Int) { preferred.withLock { $0 = index } }

    static func encode(_ body: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(body))
        } catch {
            // Bodies are this module's own structs of strings, integers, booleans and base64 data, which always encode.
            preconditionFailure("a request to etcd does not encode: \(error)")
        }
    }

    /// The answer's value, or the error that it carries.
    static func decode<Answer: Decodable>(
        _ response: HTTPResponse, from endpoint: String, as: Answer.Type
    ) throws(Failure) -> Answer {
        let shown = HTTPError.presentable(endpoint)
        guard response.status == 200 else {
            throw Failure(endpoint: shown, cause: .rejection(rejection(response, from: shown)))
        }
        do {
            return try JSONDocument.decode(Answer.self, from: response.body)
        } catch {
            throw Failure(endpoint: shown, cause: .malformed("\(error)"))
        }
    }

    static func rejection(_ response: HTTPResponse, from endpoint: String) -> EtcdError.Rejection {
        struct Body: Decodable {
            let message: String
            let code: Int
        }
        let text = String(decoding: response.body.prefix(500), as: UTF8.self)
        let body = try? JSONDecoder().decode(Body.self, from: Data(response.body))
        let words = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        return .init(
            status: response.status, code: body.flatMap { GRPCCode(rawValue: $0.code) },
            message: body?.message ?? (words.isEmpty ? "no text" : words), endpoint: endpoint)
    }
}

/// One attempt that gave no result, before it is decided what that means for the whole call.
struct Failure: Error {
    enum Cause {
        case transport(HTTPError)
        case rejection(EtcdError.Rejection)
        case malformed(String)
    }

    let endpoint: String
    let cause: Cause

    /// What to note before the next endpoint is tried; throws where there is nothing more to try.
    func attempt(isWrite: Bool, before: [EtcdError.Attempt]) throws(EtcdError) -> EtcdError.Attempt {
        switch cause {
        case .transport(let error):
            let attempt = EtcdError.Attempt(endpoint: endpoint, reason: error.reason)
            if isWrite && error.wasSent { throw .outcomeUnknown(tried: before + [attempt]) }
            if error.kind == .cancelled { throw .cancelled }
            return attempt
        case .rejection(let rejection):
            guard rejection.isUnavailable else { throw EtcdError(rejection) }
            let attempt = EtcdError.Attempt(endpoint: endpoint, reason: rejection.message)
            if isWrite && !rejection.isBeforeAnyEffect { throw .outcomeUnknown(tried: before + [attempt]) }
            return attempt
        case .malformed(let detail):
            throw .malformed(endpoint: endpoint, detail: detail)
        }
    }
}

extension HTTPError {
    /// libcurl's words and number, without the URL, which is said elsewhere.
    var reason: String {
        // A member that wants a client certificate often just hangs up, and libcurl's words for that lead nowhere.
        let hint = kind == .connectionLost && url.hasPrefix("https:") ? "; does it ask for a client certificate?" : ""
        return message + (curlCode.map { " (curl \($0))" } ?? "") + hint
    }
}
