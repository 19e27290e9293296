import ClusterModel
import Glibc

/// The clocks of this machine.
public struct Clock: Sendable {
    public init() {}

    /// The time of day.
    public func now() -> Instant {
        Instant(milliseconds: read(CLOCK_REALTIME))
    }

    /// Milliseconds that go on while the process, or the whole machine, is stopped (clock_gettime(2), CLOCK_BOOTTIME):
    /// leases are held against this one.
    public func sinceBoot() -> Int64 {
        read(CLOCK_BOOTTIME)
    }

    private func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
