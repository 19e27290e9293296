import CCurl
import Synchronization

/// HTTP/1.1 over TCP, TLS and unix sockets: libcurl's multi interface on one thread of its own. Connections are kept and used again. No proxy is
/// taken from the environment and no redirect is followed.
///
/// When the last reference goes, or at `close`, all transfers end with an error, connections are closed and the thread ends.
public final class HTTPClient: Sendable {
    /// PEM files. They are read when a connection is made, so renewed files are taken up.
    public struct TLSFiles: Sendable, Equatable {
        /// Certificates to trust instead of the system's.
        public var ca: String?
        /// The client's own certificate (a chain is allowed) and its key.
        public var certificate: String?
        public var key: String?

        public init(ca: String? = nil, certificate: String? = nil, key: String? = nil) {
            self.ca = ca
            self.certificate = certificate
            self.key = key
        }
    }

    public struct Options: Sendable, Equatable {
        /// Seconds until a connection, TLS included, must be there.
        public var connectTimeout: Double
        public var tls: TLSFiles
        /// Bytes of a body that `send` takes at most.
        public var responseLimit: Int

        public init(connectTimeout: Double = 3, tls: TLSFiles = TLSFiles(), responseLimit: Int = 64 << 20) {
            self.connectTimeout = connectTimeout
            self.tls = tls
            self.responseLimit = responseLimit
        }
    }

    public let options: Options
    /// nil when libcurl or the system could not give us a multi handle and a thread.
    private let loop: CurlLoop?

    public init(options: Options = Options()) {
        self.options = options
        loop = CurlLoop.start()
    }

    deinit { loop?.close() }

    /// Sends the request and collects the answer. Cancelling the task takes the transfer off the wire.
    public func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        let (loop, id) = try begin(request)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                loop.add(Transfer(id: id, request: request, options: options, sink: .whole(continuation)))
                // A cancellation before this line found no transfer to cancel.
                if Task.isCancelled { loop.cancel(id) }
            }
        } onCancel: {
            loop.cancel(id)
        }
        return try result.get()
    }

    /// Sends the request and returns as soon as the head of the answer is there; the body comes as it arrives, and no faster than it is
    /// read. Cancelling the reading task, `HTTPStream.cancel`, or letting the stream go takes the transfer off the wire.
    public func stream(_ request: HTTPRequest) async throws(HTTPError) -> HTTPStream {
        let (loop, id) = try begin(request)
        let buffer = ChunkBuffer(limit: 1 << 20) { loop.resume(id) }
        let source = StreamSource(client: self, loop: loop, id: id, buffer: buffer, request: request)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                loop.add(Transfer(id: id, request: request, options: options, sink: .head(continuation, buffer)))
                if Task.isCancelled { loop.cancel(id) }
            }
        } onCancel: {
            loop.cancel(id)
        }
        let head = try result.get()
        return HTTPStream(status: head.status, headers: head.headers, source: source)
    }

    /// Ends all transfers with an error and returns when the connections are closed and the thread has ended. Later requests fail.
    public func close() async {
        await loop?.closeAndWait()
    }

    private func begin(_ request: HTTPRequest) throws(HTTPError) -> (CurlLoop, UInt64) {
        if let defect = request.defect { throw HTTPError(.invalidRequest, defect, request: request) }
        guard let loop else { throw HTTPError(.closed, "no thread or no memory for libcurl", request: request) }
        return (loop, loop.nextID())
    }
}
