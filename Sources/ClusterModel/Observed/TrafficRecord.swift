/// `traffic/<name>`: what one Kamailio counted since its start, as the agent beside it wrote it.
public struct TrafficRecord: Sendable, Hashable {
    /// A later one than before: it counts from 0 again.
    public var startedAt: Instant
    public var instances: [String: CallCounters]
    /// Calls that are up, of instances that are held off from new ones.
    public var dialogs: [String: DialogsRecord]

    public init(
        startedAt: Instant, instances: [String: CallCounters], dialogs: [String: DialogsRecord] = [:]
    ) {
        self.startedAt = startedAt
        self.instances = instances
        self.dialogs = dialogs
    }
}

/// What became of the calls that were dealt to one instance. Counters that are not there are 0.
public struct CallCounters: Sendable, Hashable {
    /// By the agent's own words.
    public var counters: [String: Int]
    /// Calls by the upper end of their post-dial delay's class, in milliseconds; `Int.max`: slower than the last.
    public var delays: [Int: Int]

    public init(counters: [String: Int] = [:], delays: [Int: Int] = [:]) {
        self.counters = counters
        self.delays = delays
    }

    public subscript(name: String) -> Int { counters[name] ?? 0 }
}

/// How the calls of a track went: each what it is measured by.
public enum Measure: String, Sendable, Hashable, Codable, CaseIterable {
    /// Of the calls that came to an end or were answered, those that nobody answered: the answer-seizure ratio's complement.
    case unanswered
    /// Of the same, those that the instance did not take: silence, 503 and other 5xx.
    case failed
    /// Of those that rang or were answered, those with a post-dial delay beyond the limit.
    case slow
    /// Of the answered calls that are over, those that the caller did not end.
    case dropped
}

/// Of so many calls, how many went wrong.
public struct Tally: Sendable, Hashable, Codable {
    public var calls: Int
    public var wrong: Int

    public init(calls: Int = 0, wrong: Int = 0) {
        self.calls = calls
        self.wrong = wrong
    }

    public static func + (a: Tally, b: Tally) -> Tally { Tally(calls: a.calls + b.calls, wrong: a.wrong + b.wrong) }
    public static func - (a: Tally, b: Tally) -> Tally { Tally(calls: a.calls - b.calls, wrong: a.wrong - b.wrong) }
}

/// How a track's calls went, by every measure.
public struct TrackTally: Sendable, Hashable, Codable {
    public var unanswered: Tally
    public var failed: Tally
    public var slow: Tally
    public var dropped: Tally

    public init(
        unanswered: Tally = Tally(), failed: Tally = Tally(), slow: Tally = Tally(), dropped: Tally = Tally()
    ) {
        self.unanswered = unanswered
        self.failed = failed
        self.slow = slow
        self.dropped = dropped
    }

    /// - Parameter delay: in milliseconds; what took longer is slow.
    public init(_ counters: CallCounters, delay: Int) {
        let failed = counters["silent"] + counters["unavailable"] + counters["error"]
        let others =
            counters["unanswered"] + counters["declined"] + counters["busy"] + counters["unknown"]
            + counters["cancelled"] + counters["refused"]
        let ended = counters["answered"] + failed + others
        self.init(
            unanswered: Tally(calls: ended, wrong: failed + others), failed: Tally(calls: ended, wrong: failed),
            slow: Tally(
                calls: counters.delays.values.reduce(0, +),
                wrong: counters.delays.reduce(0) { $0 + ($1.key > delay ? $1.value : 0) }),
            dropped: Tally(
                calls: counters["hangup"] + counters["ended"] + counters["lost"],
                wrong: counters["ended"] + counters["lost"]))
    }

    public subscript(measure: Measure) -> Tally {
        switch measure {
        case .unanswered: unanswered
        case .failed: failed
        case .slow: slow
        case .dropped: dropped
        }
    }

    public static func + (a: TrackTally, b: TrackTally) -> TrackTally { a.combined(with: b, +) }
    public static func - (a: TrackTally, b: TrackTally) -> TrackTally { a.combined(with: b, -) }

    /// Measure by measure.
    private func combined(with other: TrackTally, _ operation: (Tally, Tally) -> Tally) -> TrackTally {
        TrackTally(
            unanswered: operation(unanswered, other.unanswered), failed: operation(failed, other.failed),
            slow: operation(slow, other.slow), dropped: operation(dropped, other.dropped))
    }
}

extension Measure: CodingKeyRepresentable {}
