import SIP

/// What the probes so far say of an instance.
struct ProbeHistory: Sendable, Hashable {
    /// So many failures in turn mean that it does not serve.
    let limit: Int
    /// Whether it answered at least once and has not failed `limit` times in turn since.
    private(set) var isServing = false
    /// The version that it named last.
    private(set) var version: String?
    /// The last one that failed.
    private(set) var failure: OptionsAnswer?
    private var failures = 0

    init(limit: Int) {
        self.limit = limit
    }

    mutating func note(_ answer: OptionsAnswer) {
        if answer.isAlive {
            isServing = true
            failures = 0
            version = answer.asteriskVersion ?? version
        } else {
            failures += 1
            failure = answer
            if failures >= limit { isServing = false }
        }
    }
}

/// How long to leave etcd alone after it failed.
struct BackOff: Sendable {
    private var failures = 0

    mutating func succeeded() {
        failures = 0
    }

    /// 0.5 s, doubled with each failure in turn up to 5 s (an instance must be registered again soon after etcd is back), and spread so that many announcers do not come at once.
    mutating func failed(spread: Double = .random(in: 0.75...1.25)) -> Duration {
        failures = min(failures + 1, 10)
        return .seconds(min(0.25 * Double(1 << failures), 5) * spread)
    }
}
