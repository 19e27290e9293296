/// One moment, in milliseconds since 1970 (UTC). The core never asks for it; it is given.
public struct Instant: Sendable, Hashable, Comparable, Codable {
    public var milliseconds: Int64

    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    public init(seconds: Int64) {
        self.milliseconds = seconds * 1000
    }

    public static func < (a: Instant, b: Instant) -> Bool { a.milliseconds < b.milliseconds }

    public func advanced(bySeconds seconds: Int) -> Instant {
        Instant(milliseconds: milliseconds + Int64(seconds) * 1000)
    }

    /// Whole seconds from `earlier` to here, rounded down.
    public func seconds(since earlier: Instant) -> Int {
        Int((milliseconds - earlier.milliseconds) / 1000)
    }

    public init(from decoder: any Decoder) throws {
        milliseconds = try decoder.singleValueContainer().decode(Int64.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }
}

/// What was read from one source. Unknown is not absent: nothing is destroyed, replaced or moved on its account.
public enum Reading<Value: Sendable & Hashable>: Sendable, Hashable {
    case known(Value, at: Instant)
    /// `last`: what was known before, with its own time, for showing only.
    case unknown(reason: String, last: Last?)

    public struct Last: Sendable, Hashable {
        public var value: Value
        public var at: Instant

        public init(value: Value, at: Instant) {
            self.value = value
            self.at = at
        }
    }

    public var value: Value? {
        if case .known(let value, _) = self { value } else { nil }
    }

    public var reason: String? {
        if case .unknown(let reason, _) = self { reason } else { nil }
    }

    /// Changes the value in place; an unknown reading stays as it is.
    public mutating func update(_ change: (inout Value) -> Void) {
        guard case .known(var value, let at) = self else { return }
        // Gives the value up meanwhile, so that changing it copies nothing.
        self = .unknown(reason: "", last: nil)
        change(&value)
        self = .known(value, at: at)
    }

    /// This reading, remembering what `earlier` knew where this one does not know.
    public func remembering(_ earlier: Reading?) -> Reading {
        guard case .unknown(let reason, nil) = self else { return self }
        switch earlier {
        case .known(let value, let at): return .unknown(reason: reason, last: Last(value: value, at: at))
        case .unknown(_, let last): return .unknown(reason: reason, last: last)
        case nil: return self
        }
    }
}
