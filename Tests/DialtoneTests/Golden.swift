import Foundation
import Testing

/// Whole texts, kept in `Golden/` and reviewed as texts. `DIALTONE_GOLDEN=write swift test --filter DialtoneTests` writes
/// them anew; the change is then seen in review.
enum Golden {
    static func expect(_ text: String, is name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        if ProcessInfo.processInfo.environment["DIALTONE_GOLDEN"] == "write" {
            let here = #filePath.split(separator: "/").dropLast().joined(separator: "/")
            try text.write(toFile: "/\(here)/Golden/\(name)", atomically: true, encoding: .utf8)
            return
        }
        let kept = try String(contentsOfFile: "\(directory)/\(name)", encoding: .utf8)
        #expect(text == kept, "Golden/\(name)", sourceLocation: sourceLocation)
    }

    private static var directory: String { Bundle.module.resourcePath.map { "\($0)/Golden" } ?? "Golden" }
}
