/// An answer whose head is there and whose body is still coming.
public struct HTTPStream: Sendable {
    public let status: Int
    public let headers: HTTPHeaders
    /// Pieces of the body as they arrived, for one reader; throws `HTTPError`. Reading ends with the body, and with an error when it is cut short.
    public let chunks: AsyncThrowingStream<[UInt8], any Error>
    private let source: StreamSource

    init(status: Int, headers: HTTPHeaders, source: StreamSource) {
        self.status = status
        self.headers = headers
        self.source = source
        chunks = AsyncThrowingStream { try await source.next() }
    }

    /// Gives the transfer up; a reader that waits gets `HTTPError` of kind `cancelled`.
    public func cancel() { source.cancel() }

    /// Reads the rest of the body, at most `limit` bytes of it.
    public func collect(upTo limit: Int) async throws -> [UInt8] {
        var body: [UInt8] = []
        for try await chunk in chunks {
            body += chunk
            if body.count >= limit { break }
        }
        return Array(body.prefix(limit))
    }
}

/// What all copies of one stream share: the transfer lives as long as it does.
final class StreamSource: Sendable {
    /// Keeps the client, and with it the thread, for as long as somebody may read.
    private let client: HTTPClient
    private let loop: CurlLoop
    private let id: UInt64
    private let buffer: ChunkBuffer
    private let request: HTTPRequest

    init(client: HTTPClient, loop: CurlLoop, id: UInt64, buffer: ChunkBuffer, request: HTTPRequest) {
        self.client = client
        self.loop = loop
        self.id = id
        self.buffer = buffer
        self.request = request
    }

    deinit { loop.cancel(id) }

    func next() async throws(HTTPError) -> [UInt8]? {
        let result = await withTaskCancellationHandler {
            await buffer.next()
        } onCancel: {
            cancel()
        }
        return try result.get()
    }

    func cancel() {
        buffer.end(.failure(HTTPError(.cancelled, "the stream was cancelled", request: request, wasSent: true)))
        loop.cancel(id)
    }
}
