import Synchronization

/// The table of what was measured.
final class Report: Sendable {
    struct Row: Sendable {
        var name: String
        var floor: String
        var ours: String
        var ratio: Double
        /// `nil`: for information.
        var limit: Double?

        var isWithinLimit: Bool { limit.map { ratio <= $0 } ?? true }
    }

    private let rows = Mutex<[Row]>([])

    func add(_ row: Row) { rows.withLock { $0.append(row) } }

    /// Times of one thing, beside those of its floor.
    func add(_ name: String, _ pairs: Pairs, limit: Double?) {
        add(
            Row(
                name: name, floor: Self.time(pairs.floor), ours: Self.time(pairs.ours), ratio: pairs.ratio, limit: limit
            ))
    }

    /// Counts: what there is, of what is allowed.
    func add(_ name: String, count: Int, atMost limit: Int) {
        let ratio = limit == 0 ? Double(count) : Double(count) / Double(limit)
        add(Row(name: name, floor: "\(limit)", ours: "\(count)", ratio: ratio, limit: limit == 0 ? 0 : 1))
    }

    var isWithinLimits: Bool { rows.withLock { $0.allSatisfy(\.isWithinLimit) } }

    /// As a table of Markdown.
    var table: String {
        let head = ["measured", "floor", "dialtone", "ratio", "limit", ""]
        let cells = rows.withLock { $0 }.map { row in
            [
                row.name, row.floor, row.ours, Self.decimals(row.ratio, 2),
                row.limit.map { Self.decimals($0, 2) } ?? "-",
                row.limit == nil ? "" : row.isWithinLimit ? "ok" : "**over**",
            ]
        }
        let widths = head.indices.map { column in ([head] + cells).map { $0[column].count }.max() ?? 0 }
        func line(_ cells: [String]) -> String {
            let padded = zip(cells, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            return "| \(padded.joined(separator: " | ")) |"
        }
        let rule = "|\(widths.map { String(repeating: "-", count: $0 + 2) }.joined(separator: "|"))|"
        return ([line(head), rule] + cells.map(line)).joined(separator: "\n")
    }

    private static func time(_ milliseconds: Double) -> String { "\(decimals(milliseconds, 2)) ms" }

    private static func decimals(_ value: Double, _ places: Int) -> String {
        let scale = places == 2 ? 100.0 : 10.0
        let number = Int((value * scale).rounded())
        let fraction = "\(number % Int(scale))"
        return "\(number / Int(scale)).\(String(repeating: "0", count: places - fraction.count))\(fraction)"
    }
}
