/// A condition that did not come about in time: what was awaited, for how long, and the last error that the check itself threw.
public struct NotInTime: Error, CustomStringConvertible {
    public let what: String
    public let deadline: Duration
    public let lastError: String?

    public var description: String {
        "not within \(deadline): \(what)" + (lastError.map { " (last error: \($0))" } ?? "")
    }
}

/// Polls until `check` gives a value, and returns it. An error of `check` counts as "not yet"; the last one is reported with `NotInTime`.
@discardableResult
public func eventually<Value>(
    _ what: String, deadline: Duration = .seconds(10), every interval: Duration = .milliseconds(20),
    isolation: isolated (any Actor)? = #isolation,
    value check: () async throws -> Value?
) async throws -> Value {
    let clock = ContinuousClock()
    let end = clock.now + deadline
    var lastError: String?
    while true {
        do {
            if let value = try await check() { return value }
            lastError = nil
        } catch {
            lastError = "\(error)"
        }
        guard clock.now < end else { throw NotInTime(what: what, deadline: deadline, lastError: lastError) }
        try await Task.sleep(for: interval)
    }
}

/// Polls until `condition` holds. An error of `condition` counts as "not yet".
public func eventually(
    _ what: String, deadline: Duration = .seconds(10), every interval: Duration = .milliseconds(20),
    isolation: isolated (any Actor)? = #isolation,
    _ condition: () async throws -> Bool
) async throws {
    try await eventually(what, deadline: deadline, every: interval, isolation: isolation) {
        try await condition() ? true : nil
    }
}
