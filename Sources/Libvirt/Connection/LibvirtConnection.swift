import Synchronization

/// A connection to one libvirt, opened by the first call and opened anew by the next call after it was lost.
///
/// Calls block inside libvirt, so four threads of this connection's own carry them; more do not help (one connection is one socket).
/// Every error is a ``LibvirtError`` read on the thread that made the call.
public final class LibvirtConnection: Sendable {
    /// What the connection was made for, as `qemu:///system`.
    public let uri: String
    let hub = EventHub()
    private let workers = WorkerThreads(count: LibvirtConnection.threads)
    private let connector: Connector

    /// How many calls of one connection are in flight at most.
    static let threads = 4

    /// Does not open yet.
    ///
    /// - Parameters:
    ///   - uri: libvirt's URI, as `qemu:///system` or `test+unix:///default?socket=/path`.
    ///   - keepalive: how a frozen daemon is found out.
    ///   - openTimeout: how long one call waits for the connection to open; libvirt itself sets no bound.
    public init(uri: String, keepalive: KeepAlive = KeepAlive(), openTimeout: Duration = .seconds(10)) {
        self.uri = uri
        connector = Connector(uri: uri, keepalive: keepalive, timeout: openTimeout, hub: hub)
    }

    deinit {
        // Closing waits for the daemon's answer, so it is left to a thread that may wait.
        let connector = connector
        workers.enqueue { connector.close() }
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
            workers.enqueue { [connector] in
                connector.close()
                continuation.resume()
            }
        }
        hub.finish()
    }

    /// Runs `body` with the open connection on one of the connection's threads.
    @discardableResult
    func call<T: Sendable>(
        _ body: @escaping @Sendable (Handle) throws(LibvirtError) -> T
    ) async throws(LibvirtError) -> T {
        let permission = CallPermission.current
        let result: Result<T, LibvirtError> = await withCheckedContinuation { continuation in
            workers.enqueue { [connector] in
                // The task's own value does not reach this thread.
                let result = CallPermission.$current.withValue(permission) {
                    Result { () throws(LibvirtError) in
                        let handle = try connector.handle()
                        guard permission?.isGiven() ?? true else { throw handle.notBegun("call", "the connection") }
                        return try body(handle)
                    }
                }
                continuation.resume(returning: result)
            }
        }
        return try result.get()
    }
}
