import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// A request as it came in.
public struct ReplayRequest: Sendable, Equatable {
    public let method: String
    /// Path and query, as they stood on the request line.
    public let target: String
    /// Names in lower case; of several fields with one name the last.
    public let headers: [String: String]
    public let body: [UInt8]
    /// The port that the client used, which tells connections apart; nil on a unix socket.
    public let peerPort: Int?

    public var text: String { String(decoding: body, as: UTF8.self) }
    /// The part of the target before `?`.
    public var path: String { String(target.prefix { $0 != "?" }) }
}

/// What to answer.
public struct ReplayResponse: Sendable {
    public var status: Int
    public var headers: [String: String]
    public var body: Body

    public enum Body: Sendable {
        case bytes([UInt8])
        /// Sent chunk by chunk as they come; the answer ends when the stream ends, or never.
        case chunks(AsyncStream<[UInt8]>)
    }

    public init(status: Int = 200, headers: [String: String] = [:], body: [UInt8] = []) {
        self.init(status: status, headers: headers, body: .bytes(body))
    }

    public init(status: Int, headers: [String: String], body: Body) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    public static func json(_ text: String, status: Int = 200) -> ReplayResponse {
        ReplayResponse(status: status, headers: ["content-type": "application/json"], body: Array(text.utf8))
    }

    /// Sends nothing, not even a status line, until the server is stopped or the client goes away.
    public static func never() async throws -> ReplayResponse {
        while true { try await Task.sleep(for: .seconds(3600)) }
    }
}

/// A small HTTP server in the test's own process, on a free TCP port of 127.0.0.1 or on a unix socket. It records what it was asked.
public final class ReplayServer: Sendable {
    public typealias Responder = @Sendable (ReplayRequest) async throws -> ReplayResponse

    public enum Place: Sendable {
        case loopback(port: Int = 0)
        case unixSocket(String)
    }

    /// The port it listens on; nil on a unix socket.
    public let port: Int?
    private let log: Log
    private let server: Task<Void, any Error>
    private let listener: any Channel

    /// Requests in the order in which they arrived.
    private final class Log: Sendable {
        let requests = Mutex<[ReplayRequest]>([])
    }

    /// Starts the server and returns once it accepts connections.
    public static func start(at place: Place = .loopback(), _ respond: @escaping Responder) async throws -> ReplayServer
    {
        let address: BindAddress =
            switch place {
            case .loopback(let port): .hostname("127.0.0.1", port: port)
            case .unixSocket(let path): .unixDomainSocket(path: path)
            }
        let log = Log()
        let responder = CallbackResponder<PeerContext> { request, context in
            let recorded = try await record(request, peerPort: context.peerPort)
            log.requests.withLock { $0.append(recorded) }
            return response(try await respond(recorded))
        }
        let (running, started) = AsyncThrowingStream<any Channel, any Error>.makeStream()
        var logger = Logger(label: "replay")
        logger.logLevel = .critical
        let application = Application(
            responder: responder, configuration: .init(address: address),
            onServerRunning: { started.yield($0) }, logger: logger)
        let server = Task {
            do {
                try await application.run()
                started.finish()
            } catch {
                started.finish(throwing: error)
                throw error
            }
        }
        for try await listener in running { return ReplayServer(listener: listener, log: log, server: server) }
        throw CancellationError()
    }

    private init(listener: any Channel, log: Log, server: Task<Void, any Error>) {
        port = listener.localAddress?.port
        self.listener = listener
        self.log = log
        self.server = server
    }

    /// `http://127.0.0.1:PORT`; on a unix socket `http://localhost`, to be used together with the socket's path.
    public var url: String { port.map { "http://127.0.0.1:\($0)" } ?? "http://localhost" }

    /// All requests so far.
    public var requests: [ReplayRequest] { log.requests.withLock { $0 } }

    /// Closes the listening socket and all connections.
    public func stop() async {
        await Self.end(server, listener)
    }

    deinit {
        let (server, listener) = (server, listener)
        Task { await Self.end(server, listener) }
    }

    /// Stops accepting, lets the event loops finish what they have begun, and only then cancels: NIO ends the whole process for a
    /// connection that was accepted and that nobody took (`NIOAsyncWriter`, "Deinited ... without calling finish()").
    private static func end(_ server: Task<Void, any Error>, _ listener: any Channel) async {
        try? await listener.setOption(.autoRead, value: false).get()
        for _ in 0..<2 {
            for loop in MultiThreadedEventLoopGroup.singleton.makeIterator() { try? await loop.submit {}.get() }
        }
        server.cancel()
        _ = try? await server.value
    }

    private static func record(_ request: Request, peerPort: Int?) async throws -> ReplayRequest {
        let body = try await request.body.collect(upTo: 64 << 20)
        var headers: [String: String] = [:]
        headers["host"] = request.head.authority
        for field in request.headers { headers[field.name.canonicalName] = field.value }
        return ReplayRequest(
            method: request.method.rawValue, target: request.uri.string, headers: headers,
            body: Array(buffer: body), peerPort: peerPort)
    }

    private static func response(_ answer: ReplayResponse) -> Response {
        var headers = HTTPFields()
        for (name, value) in answer.headers {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        let body: ResponseBody =
            switch answer.body {
            case .bytes(let bytes) where bytes.isEmpty: ResponseBody()
            case .bytes(let bytes): ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
            case .chunks(let chunks): ResponseBody(asyncSequence: chunks.map { ByteBuffer(bytes: $0) })
            }
        return Response(status: .init(code: answer.status), headers: headers, body: body)
    }
}

/// Hummingbird's context, with the one thing of the connection that a test may ask for.
private struct PeerContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let peerPort: Int?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        peerPort = source.channel.remoteAddress?.port
    }
}
