import Synchronization

/// A connection to one libvirt, opened by the first call and opened anew by the next call after it was lost.
///
/// Calls block inside libvirt, so four threads of its own carry them. Each call has a connection to the daemon to itself (``ConnectionPool``): calls that are
/// made one after the other share one, and calls side by side open up to four. A task that is cancelled is let go by a call that only reads.
/// Every error is a ``LibvirtError`` read on the thread that made the call.
public final class LibvirtConnection: Sendable {
    /// What the connection was made for, as `qemu:///system`.
    public let uri: String
    let hub = EventHub()
    private let workers = WorkerThreads(count: LibvirtConnection.threads)
    private let pool: ConnectionPool

    /// How many calls are in flight at most.
    static let threads = 4

    /// Does not open yet.
    ///
    /// - Parameters:
    ///   - uri: libvirt's URI, as `qemu:///system` or `test+unix:///default?socket=/path`.
    ///   - keepalive: how a frozen daemon is found out.
    ///   - openTimeout: how long one call waits for the connection to open; libvirt itself sets no bound.
    public init(uri: String, keepalive: KeepAlive = KeepAlive(), openTimeout: Duration = .seconds(10)) {
        self.uri = uri
        pool = ConnectionPool(
            uri: uri, keepalive: keepalive, timeout: openTimeout, capacity: LibvirtConnection.threads, hub: hub)
    }

    deinit {
        // Closing waits for the daemon's answer, so it is left to a thread that may wait.
        let pool = pool
        workers.enqueue { pool.close() }
        workers.stop()
        hub.finish()
    }

    /// The driver behind the connection; opens it when it is not open.
    public func driver() async throws(LibvirtError) -> LibvirtDriver {
        try await call { handle throws(LibvirtError) in handle.driver }
    }

    /// Closes the connection and ends the streams of events; every later call fails.
    public func close() async {
        await withCheckedContinuation { continuation in
            workers.enqueue { [pool] in
                pool.close()
                continuation.resume()
            }
        }
        hub.finish()
    }

    /// Runs `body` with an open connection on one of the threads; nobody else uses that connection meanwhile.
    @discardableResult
    func call<T: Sendable>(
        _ body: @escaping @Sendable (Handle) throws(LibvirtError) -> T
    ) async throws(LibvirtError) -> T {
        try await lending { lease throws(LibvirtError) in try body(lease.handle) }
    }

    /// As ``call(_:)``, for what is more than one call on the same connection, because libvirt's objects belong to the one that they were made on.
    ///
    /// - Parameters:
    ///   - lease: what an earlier call has kept; `nil`: any connection.
    ///   - hearing: `body` runs once events come.
    ///   - body: may keep the lease beyond its end. Nothing else is to use that at the same time.
    func lending<T: Sendable>(
        _ lease: Lease? = nil, hearing: Bool = false, _ body: @escaping @Sendable (Lease) throws(LibvirtError) -> T
    ) async throws(LibvirtError) -> T {
        try await work { [pool] () throws(LibvirtError) in
            let lease = if let lease { lease } else { try pool.lend(hearing: hearing) }
            guard CallPermission.current?.isGiven() ?? true else {
                throw lease.handle.notBegun("call", "the connection")
            }
            return try body(lease)
        }
    }

    /// Runs `body`, which may block, on one of the threads.
    func work<T: Sendable>(_ body: @escaping @Sendable () throws(LibvirtError) -> T) async throws(LibvirtError) -> T {
        let permission = CallPermission.current
        let progress = CallProgress()
        let abandoned = LibvirtError(
            code: .operationAborted, message: "no longer waited for: cancelled", function: "call",
            object: "the connection", uri: uri)
        let result: Result<T, LibvirtError> = await cancelling(progress) {
            await withCheckedContinuation { continuation in
                guard progress.wait({ continuation.resume(returning: .failure(abandoned)) }) else {
                    return continuation.resume(returning: .failure(abandoned))
                }
                self.workers.enqueue {
                    // The task's own values do not reach this thread.
                    let result = CallPermission.$current.withValue(permission) {
                        CallProgress.$current.withValue(progress) { Result { () throws(LibvirtError) in try body() } }
                    }
                    if progress.end() { continuation.resume(returning: result) }
                }
            }
        }
        return try result.get()
    }

    /// What is begun in a task that is cancelled already is meant to be done all the same.
    private func cancelling<T: Sendable>(
        _ progress: CallProgress, _ body: () async -> Result<T, LibvirtError>
    ) async -> Result<T, LibvirtError> {
        guard !Task.isCancelled else { return await body() }
        return await withTaskCancellationHandler {
            await body()
        } onCancel: {
            progress.abandon()
        }
    }
}
