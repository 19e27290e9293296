import ClusterModel

/// How long the systems may take for what they do by themselves, in seconds.
public struct Limits: Sendable, Hashable, Codable {
    public var join: Int
    /// Of a domain, from its mark of a start until it runs.
    public var start: Int
    public var registration: Int
    public var departure: Int
    /// Of a revision of the shares, by every dispatcher.
    public var acknowledgement: Int
    /// From the end of an agent until its keys are certainly gone: its lease, three times over.
    public var lapse: Int
    /// How far a node's clock may be behind.
    public var skew: Int

    public init(
        join: Int = 300, start: Int = 30, registration: Int = 120, departure: Int = 60, acknowledgement: Int = 60,
        lapse: Int = 30,
        skew: Int = 60
    ) {
        self.join = join
        self.start = start
        self.registration = registration
        self.departure = departure
        self.acknowledgement = acknowledgement
        self.lapse = lapse
        self.skew = skew
    }

    /// Whether a registration is of what was begun then. `since` is by its node's clock, which may be behind; what was registered before goes with its
    /// lease before long: after that, a key that is only a little too old is a clock that is wrong.
    func isCurrent(_ since: Instant, begun: Instant, now: Instant) -> Bool {
        if since >= begun { return true }
        return since >= begun.advanced(bySeconds: -skew) && now >= begun.advanced(bySeconds: lapse)
    }
}
