import Foundation
import Testing

@testable import Lab

/// A JSON value, to compare answers by what they mean.
enum JSON: Codable, Hashable {
    case null, bool(Bool), number(Double), string(String), list([JSON]), object([String: JSON])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSON].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .list(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}

/// What was recorded from a real fleet.
struct Recording: Decodable {
    struct Exchange: Decodable {
        struct Request: Decodable {
            var method: String
            var path: String
            var body: JSON
        }

        struct Response: Decodable {
            var status: Int
            var body: JSON
        }

        var note: String
        /// Seconds from the start of its script; `nil` for what was looked at by other means.
        var t: Double?
        var script: String?
        var request: Request?
        var response: Response?
    }

    var exchanges: [Exchange]

    static func load(_ name: String) throws -> Recording {
        let url = try #require(Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Fixtures"))
        return try JSONDecoder().decode(Recording.self, from: Data(contentsOf: url))
    }
}

extension Recording.Exchange {
    /// Gives the recorded request to `state` and holds its answer against the recorded one.
    func replay(on state: inout FleetState, at now: Date) throws {
        guard let request, let response else { return }
        let body: Data =
            switch request.body {
            case .null: Data()
            // Bodies that are no JSON are recorded as text.
            case .string(let text): Data(text.utf8)
            default: try JSONEncoder().encode(request.body)
            }
        let answer = state.answer(
            FleetRequest(
                method: request.method, target: request.path, contentType: "application/json", body: body), now: now)
        #expect(answer.status == response.status, "\(note)")
        let got = try answer.json.map { try JSONDecoder().decode(JSON.self, from: $0) } ?? .null
        #expect(got == response.body, "\(note)")
    }
}

extension FleetState {
    static let origin = Date(timeIntervalSince1970: 1_800_000_000)

    /// The two machines of the recordings.
    static let machine1 = FleetMachine(
        id: String(repeating: "1", count: 32), primaryIP: "127.0.0.1", metadata: ["boxrole": "asterisk"])
    static let machine2 = FleetMachine(
        id: String(repeating: "2", count: 32), primaryIP: "127.0.0.2", metadata: ["boxrole": "asterisk"])

    mutating func failProcesses(of units: Set<String>, now: Date) {
        advance(to: now)
        for process in processes(now: now) where units.contains(process.key.unit) {
            report(process.key, start: process.start, isFailed: true)
        }
    }

    @discardableResult
    mutating func put(
        _ name: String, _ requirements: [(String, String)] = [], exec: String = "/bin/sleep 1", at now: Date
    ) -> Int {
        let options =
            [FleetOption(section: "Service", name: "ExecStart", value: exec)]
            + requirements.map { FleetOption(section: "X-Fleet", name: $0.0, value: $0.1) }
        struct Body: Encodable {
            var desiredState = "launched"
            var options: [FleetOption]
        }
        // Strings alone: cannot fail to encode.
        let body = (try? JSONEncoder().encode(Body(options: options))) ?? Data()
        return answer(
            FleetRequest(method: "PUT", target: "/fleet/v1/units/\(name)", contentType: "application/json", body: body),
            now: now
        ).status
    }
}
