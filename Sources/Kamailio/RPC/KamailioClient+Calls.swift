/// Calls that the dialog module knows of. It forgets them when Kamailio restarts, and keeps those whose BYE it never saw.
public struct DialogCounts: Sendable, Hashable, Decodable {
    public var starting: Int
    public var connecting: Int
    public var answering: Int
    public var ongoing: Int
    public var all: Int
}

/// What one cell of a hash table holds.
public enum TableValue: Sendable, Hashable, Decodable {
    case text(String)
    case number(Int)

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int.self) {
            self = .number(number)
        } else {
            self = .text(try container.decode(String.self))
        }
    }

    public var number: Int? {
        if case .number(let number) = self { number } else { nil }
    }
}

extension KamailioClient {
    /// Calls as the dialog module counts them.
    public func dialogs() async throws(KamailioError) -> DialogCounts {
        try await call("dlg.stats_active")
    }

    /// Calls of one value of a dialog profile.
    public func profileSize(_ profile: String, value: String) async throws(KamailioError) -> Int {
        try await call("dlg.profile_get_size", [.text(profile), .text(value)])
    }

    /// All of a hash table. The order means nothing.
    public func table(_ name: String) async throws(KamailioError) -> [String: TableValue] {
        struct Cell: Decodable {
            var name: String
            var value: TableValue
        }
        struct Entry: Decodable {
            var slot: [Cell]
        }
        do {
            let entries: [Entry] = try await call("htable.dump", [.text(name)])
            let cells = entries.flatMap(\.slot).map { ($0.name, $0.value) }
            return Dictionary(cells) { first, _ in first }
        } catch {
            // An empty table is dumped as nothing at all.
            if case .unreadable(let problem) = error.kind, problem.contains("neither result nor error") { return [:] }
            throw error
        }
    }

    /// One cell of a hash table; `nil` where there is none, or no such table.
    public func cell(_ table: String, _ key: String) async throws(KamailioError) -> TableValue? {
        struct Found: Decodable {
            struct Item: Decodable {
                var value: TableValue
            }
            var item: Item
        }
        do {
            let found: Found = try await call("htable.get", [.text(table), .text(key)])
            return found.item.value
        } catch {
            if case .refused = error.kind { return nil }
            throw error
        }
    }
}
