/// The timers by which a Kamailio finds out that an instance is dead.
public struct ProbeTimers: Sendable, Hashable {
    /// Seconds between two OPTIONS (`ds_ping_interval`).
    public var interval: Int
    /// So many that failed in turn make a destination inactive (`ds_probing_threshold`).
    public var threshold: Int
    /// Milliseconds without any answer after which a request has failed (tm's `fr_timer`): of a probe, and of a call.
    public var silence: Int

    public init(interval: Int = 1, threshold: Int = 2, silence: Int = 2000) {
        self.interval = interval
        self.threshold = threshold
        self.silence = silence
    }

    /// Seconds, rounded up, after which no new call is dealt to an instance that answers nothing any more: up to an interval until the
    /// first probe that fails, an interval for each that has to fail beyond it, and the time that the last one is waited for.
    /// 4 with the defaults.
    public var detectionBound: Int {
        interval * threshold + (silence + 999) / 1000
    }
}
