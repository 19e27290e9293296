import ClusterModel
import FoundationEssentials
import Provisioning

/// Documents as text: keys sorted, so that the same document is the same text.
enum JSONText {
    /// - Parameter lines: for a person (`true`), or the whole document on one line.
    static func of(_ document: some Encodable, lines: Bool = true) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if lines { encoder.outputFormatting.insert(.prettyPrinted) }
        encoder.dateEncodingStrategy = .iso8601
        do {
            return escaped(String(decoding: try encoder.encode(document), as: UTF8.self)) + "\n"
        } catch {
            // Our documents hold strings, whole numbers, and lists and maps of them: nothing that JSON cannot say.
            preconditionFailure("\(type(of: document)) cannot be written as JSON: \(error)")
        }
    }

    /// Also the characters that JSON lets through and a terminal obeys. They stand inside strings only.
    private static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
        var escaped = ""
        for scalar in text.unicodeScalars {
            if isUnsafe(scalar) {
                let hex = String(scalar.value, radix: 16)
                escaped += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            } else {
                escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        scalar != "\n" && scalar.obeysNoReader
    }
}

extension Instant {
    /// RFC 3339 in UTC.
    var text: String { Timestamp.text(self) }
}
