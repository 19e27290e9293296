import Glibc
import Synchronization

/// Opens the connection when it is needed, once for all who wait for it, and again after it was lost.
final class Connector: Sendable {
    private enum State {
        case idle
        case opening(Opening)
        case open(Handle)
        case closed
    }

    private let uri: String
    private let keepalive: KeepAlive
    private let timeout: Duration
    private let hub: EventHub
    private let state = Mutex(State.idle)

    init(uri: String, keepalive: KeepAlive, timeout: Duration, hub: EventHub) {
        self.uri = uri
        self.keepalive = keepalive
        self.timeout = timeout
        self.hub = hub
    }

    /// The open connection; blocks while it opens, at most for the time given.
    func handle() throws(LibvirtError) -> Handle {
        let opening: Opening
        switch try step().get() {
        case .ready(let handle): return handle
        case .wait(let pending): opening = pending
        }
        guard let next = opening.wait() else {
            // The attempt goes on: a later call takes up what becomes of it.
            throw LibvirtError(
                code: .operationTimeout, message: "no connection within \(timeout)", function: "virConnectOpen",
                object: "the connection", uri: uri, isConnectionLoss: true)
        }
        settle(opening, next)
        return try next.get()
    }

    /// Gives the connection up; every later call fails.
    func close() {
        let last = state.withLock { state in
            defer { state = .closed }
            return state
        }
        // Let go outside the lock: closing asks the daemon.
        withExtendedLifetime(last) {}
    }

    private enum Progress {
        case ready(Handle)
        case wait(Opening)
    }

    private func step() -> Result<Progress, LibvirtError> {
        // Dropped after the lock is released: the last use of a dead connection closes it.
        var dropped: Handle?
        defer { withExtendedLifetime(dropped) {} }
        return state.withLock { state in
            switch state {
            case .open(let handle) where !handle.isDead:
                return .success(.ready(handle))
            case .open(let handle):
                dropped = handle
                return .success(.wait(start(&state)))
            case .idle:
                return .success(.wait(start(&state)))
            case .opening(let opening) where !opening.isSpent:
                return .success(.wait(opening))
            case .opening:
                return .success(.wait(start(&state)))
            case .closed:
                return .failure(
                    LibvirtError(
                        code: .invalidConnection, message: "the connection was closed", function: "virConnectOpen",
                        object: "the connection", uri: uri))
            }
        }
    }

    private func start(_ state: inout State) -> Opening {
        let opening = Opening(timeout: timeout)
        state = .opening(opening)
        startThread { [uri, keepalive, hub] in
            opening.finish(
                Result { () throws(LibvirtError) in
                    let handle = try Handle.open(uri: uri, keepalive: keepalive, hub: hub)
                    if hub.isWatched { try handle.registerEvents() }
                    return handle
                })
        }
        return opening
    }

    /// Takes over what became of an attempt; the first to come does it.
    private func settle(_ opening: Opening, _ result: Result<Handle, LibvirtError>) {
        let opened = state.withLock { state in
            guard case .opening(let current) = state, current === opening else { return false }
            switch result {
            case .success(let handle):
                state = .open(handle)
                return true
            case .failure:
                state = .idle
                return false
            }
        }
        if opened { hub.connected() }
    }
}

/// One attempt to open a connection, which many may wait for.
///
/// Unchecked: `result` is touched only with `monitor` held.
private final class Opening: @unchecked Sendable {
    private let monitor = Monitor()
    private let deadline: Monitor.Instant
    private let abandoned: Monitor.Instant
    private var result: Result<Handle, LibvirtError>?

    init(timeout: Duration) {
        deadline = Monitor.Instant(after: timeout)
        abandoned = Monitor.Instant(after: timeout * 6)
    }

    /// Whether nothing more is to be expected of it: it has failed, or hangs for so long that another one is worth a thread.
    var isSpent: Bool {
        monitor.locked {
            switch result {
            case .failure: true
            case .success: false
            case nil: abandoned.isPast
            }
        }
    }

    func finish(_ result: Result<Handle, LibvirtError>) {
        monitor.locked {
            self.result = result
            monitor.wakeAll()
        }
    }

    /// What became of it, or `nil` when that is still open at its deadline.
    func wait() -> Result<Handle, LibvirtError>? {
        monitor.locked {
            while result == nil {
                guard monitor.wait(until: deadline) else { return result }
            }
            return result
        }
    }
}
