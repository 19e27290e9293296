import FoundationEssentials
import Glibc

/// Why a lab could not be started, used or ended.
public struct LabError: Error, CustomStringConvertible, Sendable {
    /// What was tried, what came back, and what to do.
    public let description: String
    /// Whether what was asked for does not go with what is there: a mistake of the one who asked.
    public let isUsage: Bool

    init(_ description: String, isUsage: Bool = false) {
        self.description = description
        self.isUsage = isUsage
    }

    /// A system call's failure, with errno's words.
    static func system(_ call: String, _ code: Int32) -> LabError {
        LabError("\(call): \(String(cString: strerror(code)))")
    }
}

/// RFC 3339 in UTC with milliseconds.
enum LabTime {
    static func text(_ date: Date) -> String {
        // The style cuts off what is below a millisecond, and half of all milliseconds lie just below theirs as a `Double`.
        let milliseconds = (date.timeIntervalSince1970 * 1000).rounded()
        return Date(timeIntervalSince1970: milliseconds / 1000 + 0.0003)
            .formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
