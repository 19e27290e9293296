import Foundation
import TestSupport

/// An exchange with a real etcd, as it was recorded with curl: a request line, the request's body, and what came back.
struct Recording: Sendable {
    let method: String
    let path: String
    let body: [UInt8]
    /// nil where no answer came: curl gave up.
    let answer: ReplayResponse?
    /// Lines of a stream, where the answer was one.
    let lines: [String]

    init(_ name: String) throws {
        let text = try Self.text(name)
        let (requestPart, answerPart) = Self.cut(text, at: "\n\n")
        let (requestLine, body) = Self.cut(requestPart, at: "\n")
        let words = requestLine.split(separator: " ")
        method = String(words[0])
        // http://host:port/path
        path = "/" + words[1].split(separator: "/", maxSplits: 2, omittingEmptySubsequences: true)[2]
        self.body = Array(body.utf8)

        let http = answerPart.range(of: "HTTP/1.1 ").map { String(answerPart[$0.lowerBound...]) } ?? ""
        let (head, answerBody) = Self.cut(http, at: "\n\n")
        guard let status = head.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            answer = nil
            lines = []
            return
        }
        // curl prints the trailer behind the body.
        let (payload, _) = Self.cut(answerBody, at: "Grpc-Trailer-Content-Type")
        let type = head.split(separator: "\n").first { $0.hasPrefix("Content-Type: ") }?.dropFirst(14)
        answer = ReplayResponse(
            status: status, headers: ["content-type": String(type ?? "")], body: Array(payload.utf8))
        lines = payload.split(separator: "\n").map(String.init)
    }

    /// All recordings' names.
    static func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory).map { String($0.dropLast(4)) }.sorted()
    }

    static func text(_ name: String) throws -> String {
        try String(contentsOfFile: "\(directory)/\(name).txt", encoding: .utf8).replacing("\r\n", with: "\n")
    }

    private static var directory: String { Bundle.module.resourcePath.map { "\($0)/Fixtures" } ?? "Fixtures" }

    private static func cut(_ text: String, at separator: String) -> (String, String) {
        guard let range = text.range(of: separator) else { return (text, "") }
        return (String(text[..<range.lowerBound]), String(text[range.upperBound...]))
    }
}

/// A server that answers as recorded: each request must be the next recorded one, in path and (as JSON) in body.
func replay(_ names: String...) async throws -> ReplayServer {
    let recordings = try names.map { try Recording($0) }
    let position = Position()
    return try await ReplayServer.start { request in
        let recording = recordings[min(position.next(), recordings.count - 1)]
        guard request.method == recording.method, request.target == recording.path else {
            return .json("{\"message\":\"recorded was \(recording.method) \(recording.path)\",\"code\":2}", status: 500)
        }
        guard sameJSON(request.body, recording.body) else {
            return .json(
                "{\"message\":\"recorded was another body, this is \(request.body.count) bytes\",\"code\":2}",
                status: 500)
        }
        guard let answer = recording.answer else { return try await .never() }
        return answer
    }
}

func sameJSON(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    let parse = { (bytes: [UInt8]) in try? JSONSerialization.jsonObject(with: Data(bytes)) as? NSDictionary }
    if one.isEmpty && other.isEmpty { return true }
    guard let one = parse(one), let other = parse(other) else { return false }
    return one == other
}

private final class Position: @unchecked Sendable {
    private let lock = NSLock()
    private var value = -1
    func next() -> Int {
        lock.withLock {
            value += 1
            return value
        }
    }
}
