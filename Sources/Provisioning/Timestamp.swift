import ClusterModel
import FoundationEssentials

/// RFC 3339 in UTC with milliseconds: how every time is written in marks, units, keys and documents.
public enum Timestamp {
    public static func text(_ instant: Instant) -> String {
        // The style cuts off where it should round: a third of a millisecond keeps every whole one as it is.
        let date = Date(timeIntervalSince1970: Double(instant.milliseconds) / 1000 + 0.0003)
        return date.formatted(style)
    }

    /// Reads any RFC 3339 time in UTC, with or without a fraction.
    public static func instant(_ text: String) -> Instant? {
        guard let date = (try? style.parse(text)) ?? (try? Date.ISO8601FormatStyle().parse(text)) else { return nil }
        return Instant(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded()))
    }

    private static let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
}
