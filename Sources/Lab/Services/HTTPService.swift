import Hummingbird
import Logging
import NIOCore
import NIOPosix

/// One HTTP server at one address, from its start to `stop`.
final class HTTPService: Sendable {
    /// The port in use; 0 on a unix socket.
    let port: Int
    private let listener: any Channel
    private let task: Task<Void, any Error>

    private init(listener: any Channel, task: Task<Void, any Error>) {
        port = listener.localAddress?.port ?? 0
        self.listener = listener
        self.task = task
    }

    /// Returns once it accepts connections.
    /// - Throws: when the address cannot be used.
    static func start(
        _ address: BindAddress, name: String,
        _ respond: @escaping @Sendable (Request) async throws -> Response
    ) async throws(LabError) -> HTTPService {
        let (running, started) = AsyncThrowingStream<any Channel, any Error>.makeStream()
        let responder = CallbackResponder<BasicRequestContext> { request, _ in try await respond(request) }
        let application = Application(
            responder: responder, configuration: .init(address: address, serverName: nil),
            onServerRunning: { started.yield($0) }, logger: quiet)
        let task = Task {
            do {
                try await application.run()
                started.finish()
            } catch {
                started.finish(throwing: error)
                throw error
            }
        }
        do {
            for try await listener in running { return HTTPService(listener: listener, task: task) }
        } catch {
            throw LabError("cannot serve \(name): \(error)")
        }
        throw LabError("cannot serve \(name): it was cancelled")
    }

    /// Closes the address and all connections.
    ///
    /// Accepting ends first, and what the event loops have begun is finished: NIO ends the whole process for a connection that was accepted
    /// and that nobody took (`NIOAsyncWriter`, "Deinited ... without calling finish()").
    func stop() async {
        try? await listener.setOption(.autoRead, value: false).get()
        for _ in 0..<2 {
            for loop in MultiThreadedEventLoopGroup.singleton.makeIterator() { try? await loop.submit {}.get() }
        }
        task.cancel()
        _ = try? await task.value
    }

    /// The framework reports every cancelled connection as an error; what matters here is thrown.
    private static var quiet: Logger {
        var logger = Logger(label: "lab.http")
        logger.logLevel = .critical
        return logger
    }
}
