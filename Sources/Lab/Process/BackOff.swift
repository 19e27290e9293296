/// How long a daemon that ended is left before it is started anew: at once where it had lived, ever longer where it ends ever again, and never not at all.
struct BackOff {
    /// After so long a life, an end is the first one again.
    static let steady = Duration.seconds(30)
    private static let first = Duration.milliseconds(250)
    static let longest = Duration.seconds(15)

    private var next = Duration.zero

    /// - Parameter life: how long it had run; none where it could not be started.
    mutating func pause(after life: Duration) -> Duration {
        if life >= Self.steady { next = .zero }
        defer { next = next == .zero ? Self.first : min(next * 2, Self.longest) }
        return next
    }
}
