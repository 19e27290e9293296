import Foundation
import TestSupport

/// One request and its answer, recorded from a real fleet.
struct Exchange: @unchecked Sendable {
    // Unchecked: JSON trees of Foundation's immutable classes, only read.
    let note: String
    let method: String
    /// Path and query behind `/fleet/v1`, as they were sent.
    let path: String
    /// nil for no body; text for a body that was no JSON object.
    let body: Any?
    let status: Int
    let contentType: String?
    let answer: Any?

    /// All exchanges of a recording; its remarks without a response are left out.
    static func all(_ file: String) throws -> [Exchange] {
        guard let url = Bundle.module.url(forResource: "Fixtures/\(file)", withExtension: "json") else {
            throw Missing()
        }
        let root = try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any]
        return try (root?["exchanges"] as? [[String: Any]] ?? []).compactMap(Exchange.init)
    }

    private init?(_ entry: [String: Any]) throws {
        guard let request = entry["request"] as? [String: Any], let response = entry["response"] as? [String: Any],
            let method = request["method"] as? String, let path = request["path"] as? String,
            let status = response["status"] as? Int
        else { return nil }
        note = entry["note"] as? String ?? ""
        self.method = method
        self.path = path.replacing("/fleet/v1", with: "", maxReplacements: 1)
        body = request["body"].flatMap { $0 is NSNull ? nil : $0 }
        self.status = status
        contentType = response["contentType"] as? String
        answer = response["body"].flatMap { $0 is NSNull ? nil : $0 }
    }

    struct Missing: Error {}

    var bodyBytes: [UInt8]? { body.map(bytes) }

    var response: ReplayResponse {
        ReplayResponse(
            status: status, headers: contentType.map { ["content-type": $0] } ?? [:], body: answer.map(bytes) ?? [])
    }

    /// fleet's own words in a refusal.
    var errorMessage: String? { ((answer as? [String: Any])?["error"] as? [String: Any])?["message"] as? String }

    /// What stands under `name` in the answer; an absent collection is empty.
    func list(_ name: String) -> NSArray { (answer as? [String: Any])?[name] as? NSArray ?? [] }

    private func bytes(_ json: Any) -> [UInt8] {
        if let text = json as? String { return Array(text.utf8) }
        return (try? JSONSerialization.data(withJSONObject: json)).map(Array.init) ?? []
    }
}

/// A value of the client's as Foundation's JSON tree, to be held against the recorded one.
func tree(_ value: some Encodable) throws -> NSObject? {
    try JSONSerialization.jsonObject(with: JSONEncoder().encode(value)) as? NSObject
}

func sameJSON(_ bytes: [UInt8], _ recorded: Any?) -> Bool {
    guard let recorded else { return bytes.isEmpty }
    if let text = recorded as? String { return bytes == Array(text.utf8) }
    let parsed = try? JSONSerialization.jsonObject(with: Data(bytes)) as? NSObject
    return parsed == recorded as? NSObject
}
