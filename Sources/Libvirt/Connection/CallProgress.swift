import Synchronization

/// How far a call has come, and with it whether its task may be let go before it ends.
///
/// A task that is cancelled does not wait for an answer that it only wanted to read: a daemon that hangs would keep a process from ending. The thread
/// goes on, with its connection, until libvirt lets it go. A call that has begun to change something is waited for: its outcome matters.
final class CallProgress: Sendable {
    /// That of the call which this thread makes.
    @TaskLocal static var current: CallProgress?

    private enum Phase {
        case reading
        case writing
        case ended
        case abandoned
    }

    private struct State {
        var phase = Phase.reading
        /// Lets the task go; `nil`: it does not wait yet.
        var letGo: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// The task waits from now on; `false`: it need not, the call is not to begin.
    func wait(_ letGo: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            guard state.phase == .reading else { return false }
            state.letGo = letGo
            return true
        }
    }

    /// Something is about to be changed; `false`: nobody wants it any more.
    func beginWriting() -> Bool {
        state.withLock { state in
            guard state.phase == .reading || state.phase == .writing else { return false }
            state.phase = .writing
            return true
        }
    }

    /// The call has ended; `false`: nobody waits for it any more.
    func end() -> Bool {
        state.withLock { state in
            guard state.phase != .abandoned else { return false }
            state.phase = .ended
            state.letGo = nil
            return true
        }
    }

    /// Lets the task go if the call has changed nothing.
    func abandon() {
        let letGo: (@Sendable () -> Void)? = state.withLock { state in
            guard state.phase == .reading else { return nil }
            state.phase = .abandoned
            defer { state.letGo = nil }
            return state.letGo
        }
        letGo?()
    }
}
