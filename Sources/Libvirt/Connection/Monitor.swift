import Glibc

/// A POSIX mutex with its condition variable.
///
/// Unchecked: both are made to be shared by threads, and their addresses never change.
final class Monitor: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func locked<T>(_ body: () -> T) -> T {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }

    /// Waits to be woken; only with the mutex held.
    func wait() {
        pthread_cond_wait(condition, mutex)
    }

    /// Waits to be woken until `deadline`; false once it has passed. Only with the mutex held.
    func wait(until deadline: Instant) -> Bool {
        var deadline = timespec(tv_sec: deadline.seconds, tv_nsec: deadline.nanoseconds)
        return pthread_cond_timedwait(condition, mutex, &deadline) != ETIMEDOUT
    }

    func wakeOne() {
        pthread_cond_signal(condition)
    }

    func wakeAll() {
        pthread_cond_broadcast(condition)
    }

    /// A time on the clock that the monitor waits by.
    struct Instant: Sendable {
        fileprivate let seconds: Int
        fileprivate let nanoseconds: Int

        /// The time `duration` from now.
        init(after duration: Duration) {
            let now = Self.now()
            let (whole, attoseconds) = duration.components
            let nanoseconds = now.tv_nsec + Int(attoseconds / 1_000_000_000)
            seconds = now.tv_sec + Int(whole) + nanoseconds / 1_000_000_000
            self.nanoseconds = nanoseconds % 1_000_000_000
        }

        var isPast: Bool {
            let now = Self.now()
            return (now.tv_sec, now.tv_nsec) > (seconds, nanoseconds)
        }

        private static func now() -> timespec {
            var now = timespec()
            clock_gettime(CLOCK_MONOTONIC, &now)
            return now
        }
    }
}
