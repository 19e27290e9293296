import ClusterModel

struct WaitDocument: Encodable {
    var kind: String
    var target: String
    var since: String?
    var limitSeconds: Int
    var assumes: String
    /// Of a drain.
    var calls: Int?
    var oldestCallAt: String?

    /// - Parameter now: what begins later than this is foreseen, and has no time of its own.
    init(_ wait: Wait, at now: Instant) {
        kind =
            switch wait.subject {
            case .join: "join"
            case .registration: "registration"
            case .departure: "departure"
            case .lapse: "lapse"
            case .drain: "drain"
            case .rollout: "rollout"
            case .acknowledgement: "acknowledgement"
            }
        target = wait.target
        since = wait.began(before: now)?.text
        limitSeconds = wait.limit
        assumes = wait.assumes
        calls = wait.calls?.calls
        oldestCallAt = wait.calls?.oldest?.text
    }
}

struct HoldDocument: Encodable {
    var target: String
    var cause: String
    var action: String
    var because: String
    var location: String?

    init(_ hold: Hold) {
        target = hold.target
        cause = hold.cause.rawValue
        action = hold.action
        because = hold.because
        location = hold.location
    }
}

struct UnknownDocument: Encodable {
    var source: String
    var reason: String
    var lastKnownAt: String?

    init(_ unknown: Plan.Unknown) {
        source = unknown.source
        reason = unknown.reason
        lastKnownAt = unknown.lastKnown?.text
    }
}
