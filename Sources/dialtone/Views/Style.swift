import FoundationEssentials

/// Colour, where it is wanted.
struct Style: Sendable {
    var isColored: Bool
    /// Whether the cursor can be moved, so that lines can be drawn anew.
    var canMove = true

    static let plain = Style(isColored: false)

    /// Colour on a terminal that can show it, unless the user asked for none (no-color.org).
    static func fitting(_ stream: Streams, environment: [String: String]) -> Style {
        let refused = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        let isDumb = environment["TERM"] == "dumb"
        return Style(isColored: stream.isTerminal && !refused && !isDumb, canMove: !isDumb)
    }

    static func standard(_ stream: Streams) -> Style {
        fitting(stream, environment: ProcessInfo.processInfo.environment)
    }

    enum Color: Int {
        case red = 31
        case green = 32
        case yellow = 33
        case magenta = 35
        case cyan = 36
    }

    func paint(_ text: String, _ color: Color) -> String {
        isColored ? "\u{1b}[\(color.rawValue)m\(text)\u{1b}[0m" : text
    }

    func bold(_ text: String) -> String {
        isColored ? "\u{1b}[1m\(text)\u{1b}[0m" : text
    }
}
