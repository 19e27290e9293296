import Foundation
import TestSupport
import Testing

/// An HTTP exchange as curl printed it.
struct RecordedAnswer {
    var status: Int
    var headers: [String: String]
    var body: [UInt8]

    /// All exchanges of a file; each begins with a line `#### GET ...`.
    static func load(_ name: String) throws -> [RecordedAnswer] {
        let url = try #require(Bundle.module.url(forResource: name, withExtension: "txt", subdirectory: "Fixtures"))
        let text = try String(contentsOf: url, encoding: .utf8).replacing("\r\n", with: "\n")
        return text.split(separator: "#### ").compactMap { part in
            guard let blank = part.range(of: "\n\n") else { return nil }
            let lines = part[..<blank.lowerBound].split(separator: "\n").dropFirst()
            guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
                return nil
            }
            var headers: [String: String] = [:]
            for line in lines.dropFirst() {
                let sides = line.split(separator: ":", maxSplits: 1)
                if sides.count == 2 { headers[String(sides[0])] = sides[1].trimmingCharacters(in: .whitespaces) }
            }
            headers["Content-Length"] = nil
            let body = part[blank.upperBound...].trimmingCharacters(in: .newlines)
            return RecordedAnswer(status: status, headers: headers, body: Array(body.utf8))
        }
    }

    var response: ReplayResponse { ReplayResponse(status: status, headers: headers, body: body) }
}
