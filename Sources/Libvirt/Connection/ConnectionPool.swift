import Glibc
import Synchronization

/// The open connections to one libvirt, each lent to one call at a time; opened when they are needed, and again after they were lost.
///
/// Never two calls at once on one `virConnectPtr`, though libvirt allows it. When keepalive gives up a daemon that hangs, libvirt frees the one caller that
/// polls the socket and passes the polling on to the next one, which then waits for the daemon without any bound; and what that first caller leaves in
/// the loop points to its stack, so that the answer, when it comes after all, is written there (CVE-2024-4418, before libvirt 10.4.0). A caller that is alone
/// on its connection meets neither.
///
/// Unchecked: everything that changes is touched only with `monitor` held.
final class ConnectionPool: @unchecked Sendable {
    private let uri: String
    private let keepalive: KeepAlive
    private let timeout: Duration
    private let capacity: Int
    private let hub: EventHub
    /// One for all connections: the order is that in which calls leave this process.
    private let turnstile = Turnstile()

    private let monitor = Monitor()
    /// Open and lent to nobody; the one that was used last is the next to go.
    private var idle: [Handle] = []
    /// How many are lent.
    private var lent = 0
    /// The one attempt to open another one, however long it takes.
    private var attempt: Attempt?
    private var hearing = Hearing.nowhere
    private var isClosed = false

    /// Which connection brings the events.
    private enum Hearing {
        case nowhere
        case registering
        case on(WeakHandle)
    }

    private struct WeakHandle {
        weak var handle: Handle?
    }

    /// - Parameters:
    ///   - timeout: how long a call waits for a connection to open.
    ///   - capacity: how many are kept open while nobody uses them.
    init(uri: String, keepalive: KeepAlive, timeout: Duration, capacity: Int, hub: EventHub) {
        self.uri = uri
        self.keepalive = keepalive
        self.timeout = timeout
        self.capacity = capacity
        self.hub = hub
    }

    /// How long a call waits for one of the connections that are lent before another one is opened: longer than most calls take.
    private static let moment = Duration.milliseconds(2)

    /// A connection for one call, or for several that follow each other; blocks while one opens, at most for the time given.
    ///
    /// - Parameter hearing: returns only once events come, over whichever connection. Without it events are seen to where somebody reads them, and
    ///   not waited for.
    func lend(hearing mustHear: Bool = false) throws(LibvirtError) -> Lease {
        let lease = Lease(try take().get(), of: self)
        if mustHear || hub.isWatched { try hear(on: lease.handle, waiting: mustHear) }
        return lease
    }

    /// Closes what nobody uses, and each of the others when its call has ended; every later call fails.
    func close() {
        let handles = monitor.locked {
            isClosed = true
            monitor.wakeAll()
            defer { idle = [] }
            return idle
        }
        // Outside the lock: closing asks the daemon.
        for handle in handles { handle.close() }
    }

    fileprivate func giveBack(_ handle: Handle) {
        let isKept = monitor.locked {
            lent -= 1
            guard !isClosed, !handle.isDead, idle.count < capacity || handle.hears else { return false }
            idle.append(handle)
            monitor.wakeAll()
            return true
        }
        // Closing asks the daemon, and this may be any thread.
        if !isKept { startThread { handle.close() } }
    }

    private func take() -> Result<Handle, LibvirtError> {
        var dead: [Handle] = []
        defer { for handle in dead { handle.close() } }
        return monitor.locked {
            var patience: Monitor.Instant?
            while true {
                guard !isClosed else { return .failure(closed) }
                while let handle = idle.popLast() {
                    guard !handle.isDead else {
                        dead.append(handle)
                        continue
                    }
                    lent += 1
                    return .success(handle)
                }
                if attempt == nil, lent > 0 {
                    let end = patience ?? Monitor.Instant(after: Self.moment)
                    patience = end
                    if monitor.wait(until: end) { continue }
                }
                let pending = attempt ?? open()
                guard !pending.deadline.isPast else {
                    // The attempt goes on: a later call takes up what becomes of it, unless it has gone on for too long.
                    if pending.end.isPast { LibvirtRuntime.hangUp(pending.mark) }
                    return .failure(late)
                }
                _ = monitor.wait(until: pending.deadline)
                if let error = pending.error { return .failure(error) }
            }
        }
    }

    /// Begins to open a connection; only with `monitor` held.
    private func open() -> Attempt {
        let attempt = Attempt(timeout: timeout)
        self.attempt = attempt
        startThread { [self] in
            finish(
                attempt,
                SocketMark.$current.withValue(attempt.mark) {
                    Result { () throws(LibvirtError) in
                        try Handle.open(uri: uri, keepalive: keepalive, hub: hub, turnstile: turnstile)
                    }
                })
        }
        return attempt
    }

    private func finish(_ attempt: Attempt, _ result: Result<Handle, LibvirtError>) {
        let surplus: Handle? = monitor.locked {
            self.attempt = nil
            monitor.wakeAll()
            switch result {
            case .failure(let error):
                attempt.error = error
                return nil
            case .success(let handle):
                guard !isClosed else { return handle }
                idle.append(handle)
                return nil
            }
        }
        surplus?.close()
    }

    /// Sees to it that events come over one of the connections: this one, when there is no other.
    private func hear(on handle: Handle, waiting: Bool) throws(LibvirtError) {
        let isTurn = monitor.locked {
            while true {
                switch hearing {
                case .registering where waiting: monitor.wait()
                case .registering: return false
                case .on(let other) where other.handle?.isDead == false: return false
                case .on, .nowhere:
                    hearing = .registering
                    return true
                }
            }
        }
        guard isTurn else { return }
        var result = Hearing.nowhere
        defer {
            monitor.locked {
                hearing = result
                monitor.wakeAll()
            }
        }
        try handle.registerEvents()
        result = .on(WeakHandle(handle: handle))
        hub.connected()
    }

    private var closed: LibvirtError {
        LibvirtError(
            code: .invalidConnection, message: "the connection was closed", function: "virConnectOpen",
            object: "the connection", uri: uri)
    }

    private var late: LibvirtError {
        LibvirtError(
            code: .operationTimeout, message: "no connection within \(timeout)", function: "virConnectOpen",
            object: "the connection", uri: uri, isConnectionLoss: true)
    }
}

/// A connection that nobody else uses until this goes.
final class Lease: Sendable {
    let handle: Handle
    private let pool: ConnectionPool

    fileprivate init(_ handle: Handle, of pool: ConnectionPool) {
        self.handle = handle
        self.pool = pool
    }

    deinit {
        pool.giveBack(handle)
    }
}

/// One attempt to open a connection, which many may wait for.
///
/// Unchecked: `error` is touched only with the pool's monitor held.
private final class Attempt: @unchecked Sendable {
    let mark = SocketMark()
    /// Until when calls wait for it.
    let deadline: Monitor.Instant
    /// When its socket is hung up, so that it ends and another one can begin.
    let end: Monitor.Instant
    var error: LibvirtError?

    init(timeout: Duration) {
        deadline = Monitor.Instant(after: timeout)
        end = Monitor.Instant(after: timeout * 6)
    }
}
