/// Calls that the dialog module knows of. It forgets them when Kamailio restarts, and keeps those whose BYE it never saw.
public struct DialogCounts: Sendable, Hashable, Decodable {
    public var starting: Int
    public var connecting: Int
    public var answering: Int
    public var ongoing: Int
    public var all: Int
}

/// One call as the dialog module has it.
public struct Dialog: Sendable, Hashable, Decodable {
    public var callID: String
    /// 1 unconfirmed, 2 early, 3 confirmed without ACK, 4 confirmed, 5 over.
    public var state: Int
    /// Seconds since 1970: when it was answered, or, before that, when it began.
    public var since: Int

    public var isOver: Bool { state >= 5 }

    private enum CodingKeys: String, CodingKey {
        case state
        case callID = "call-id"
        case began = "init_ts"
        case answered = "start_ts"
    }

    public init(callID: String, state: Int, since: Int) {
        self.callID = callID
        self.state = state
        self.since = since
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        callID = try container.decode(String.self, forKey: .callID)
        state = try container.decode(Int.self, forKey: .state)
        let answered = try container.decode(Int.self, forKey: .answered)
        let began = try container.decodeIfPresent(Int.self, forKey: .began) ?? 0
        since = answered > 0 ? answered : began
        // What no clock says does not become a time.
        guard (0..<1 << 40).contains(since) else {
            throw DecodingError.dataCorruptedError(
                forKey: .answered, in: container, debugDescription: "\(since) is no time")
        }
    }
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

    /// The calls of one value of a dialog profile. The order means nothing.
    public func dialogs(of profile: String, value: String) async throws(KamailioError) -> [Dialog] {
        do {
            return try await call("dlg.profile_list", [.text(profile), .text(value)])
        } catch {
            // None is told as nothing at all.
            if case .unreadable(let problem) = error.kind, problem.contains("neither result nor error") { return [] }
            throw error
        }
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
