import Glibc
import Synchronization

/// A TCP server below HTTP's rules: reads a request's head, writes given bytes, then closes or goes silent. For what a well-behaved server cannot be
/// made to do: an empty reply, a body cut short, silence after the head.
public final class RawServer: Sendable {
    public enum Ending: Sendable {
        case close
        /// The connection stays open, without another byte.
        case silence
        /// The next request on the connection is read, and the connection closed instead of an answer.
        case closeAtNextRequest
        /// Silent until the client closes, which is counted in `closedByClient`.
        case waitForClose
    }

    public let port: Int
    /// Connections that the client has closed so far, with the ending `waitForClose`.
    public var closedByClient: Int { counters.closed.load(ordering: .relaxed) }
    /// First requests read so far, one for each connection.
    public var requests: Int { counters.requests.load(ordering: .relaxed) }
    private let listener: Int32
    private let counters = Counters()

    /// In an object, since the thread must not keep the server.
    private final class Counters: Sendable {
        let requests = Atomic(0)
        let closed = Atomic(0)
    }

    public var url: String { "http://127.0.0.1:\(port)" }

    /// Every connection is served alike, one after the other.
    public init(reply: String, then ending: Ending) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard listener >= 0 else { throw SystemCallFailed("socket") }
        port = Int(try bindLoopback(listener, port: 0))
        guard listen(listener, 16) == 0 else { throw SystemCallFailed("listen") }
        let descriptor = listener
        let counters = counters
        try startThread { Self.serve(descriptor, reply: Array(reply.utf8), ending: ending, counters: counters) }
    }

    deinit {
        // Wakes the accept; the thread closes what it holds and ends.
        _ = shutdown(listener, Int32(SHUT_RDWR))
    }

    private static func serve(_ listener: Int32, reply: [UInt8], ending: Ending, counters: Counters) {
        var open = [listener]
        defer { open.forEach { close($0) } }
        while case let connection = accept(listener, nil, nil), connection >= 0 {
            var buffer = [UInt8](repeating: 0, count: 16 << 10)
            _ = recv(connection, &buffer, buffer.count, 0)
            counters.requests.add(1, ordering: .relaxed)
            _ = send(connection, reply, reply.count, Int32(MSG_NOSIGNAL))
            switch ending {
            case .close: close(connection)
            case .silence: open.append(connection)
            case .closeAtNextRequest:
                _ = recv(connection, &buffer, buffer.count, 0)
                close(connection)
            case .waitForClose:
                while recv(connection, &buffer, buffer.count, 0) > 0 {}
                close(connection)
                counters.closed.add(1, ordering: .relaxed)
            }
        }
    }
}

/// Runs `body` on a thread of its own that nobody joins: for calls that block, which the shared pool must not carry.
public func startThread(_ body: @escaping @Sendable () -> Void) throws {
    final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let box = Unmanaged.passRetained(Box(body))
    let code = pthread_create(
        &thread, nil,
        { argument in
            // pthread_create below passes exactly one retained Box.
            if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
            return nil
        }, box.toOpaque())
    guard code == 0 else {
        box.release()
        throw SystemCallFailed("pthread_create", code: code)
    }
    pthread_detach(thread)
}
