import HTTPTransport
import TestSupport
import Testing

@Suite struct StreamTests {
    private let client = HTTPClient()

    private func server(_ chunks: AsyncStream<[UInt8]>) async throws -> ReplayServer {
        try await ReplayServer.start { _ in ReplayResponse(status: 200, headers: ["X-A": "b"], body: .chunks(chunks)) }
    }

    @Test("the head comes before the body, and pieces as they are sent")
    func pieces() async throws {
        let (chunks, feed) = AsyncStream<[UInt8]>.makeStream()
        let server = try await server(chunks)
        feed.yield([0])
        let stream = try await client.stream(HTTPRequest(url: server.url, timeout: 5))
        #expect(stream.status == 200)
        #expect(stream.headers["x-a"] == "b")
        var reader = stream.chunks.makeAsyncIterator()
        #expect(try await reader.next() == [0])
        feed.yield([1, 2])
        #expect(try await reader.next() == [1, 2])
        feed.yield([3])
        feed.finish()
        #expect(try await reader.next() == [3])
        #expect(try await reader.next() == nil)
        #expect(try await reader.next() == nil)
    }

    @Test("the timeout counts until the head, not for the body")
    func timeout() async throws {
        let (chunks, feed) = AsyncStream<[UInt8]>.makeStream()
        let server = try await server(chunks)
        feed.yield([0])
        let stream = try await client.stream(HTTPRequest(url: server.url, timeout: 0.3))
        var reader = stream.chunks.makeAsyncIterator()
        #expect(try await reader.next() == [0])
        let start = ContinuousClock.now
        try await eventually("more than the timeout is over") { ContinuousClock.now - start > .seconds(0.5) }
        feed.yield([1])
        #expect(try await reader.next() == [1])
    }

    @Test("a head that does not come is a timeout")
    func noHead() async throws {
        let server = try await ReplayServer.start { _ in try await .never() }
        let client = client
        let error = try await #require(throws: HTTPError.self) {
            _ = try await client.stream(HTTPRequest(url: server.url, timeout: 0.3))
        }
        #expect(error.kind == .timedOut)
        #expect(error.wasSent)
    }

    @Test("a body cut short ends the stream with an error after what came")
    func cutShort() async throws {
        let server = try RawServer(reply: "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", then: .close)
        let stream = try await client.stream(HTTPRequest(url: server.url))
        var reader = stream.chunks.makeAsyncIterator()
        #expect(try await reader.next() == Array("abc".utf8))
        let error = await #expect(throws: HTTPError.self) { try await reader.next() }
        #expect(error?.kind == .connectionLost)
    }

    @Test(
        "cancelling the reader, the stream or letting it go closes the connection",
        arguments: ["task", "stream", "release"])
    func cancel(how: String) async throws {
        let server = try RawServer(
            reply: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n", then: .waitForClose)
        let client = client
        switch how {
        case "task":
            let (read, didRead) = AsyncStream<Void>.makeStream()
            let task = Task {
                let stream = try await client.stream(HTTPRequest(url: server.url))
                for try await _ in stream.chunks { didRead.finish() }
            }
            for await _ in read {}
            task.cancel()
            _ = await task.result
        case "stream":
            let stream = try await client.stream(HTTPRequest(url: server.url))
            stream.cancel()
            let error = await #expect(throws: HTTPError.self) { for try await _ in stream.chunks {} }
            #expect(error?.kind == .cancelled)
        default:
            _ = try await client.stream(HTTPRequest(url: server.url))
        }
        try await eventually("the connection is closed") { server.closedByClient == 1 }
    }

    @Test("a slow reader gets every byte of a body larger than any buffer, and the next request works")
    func backPressure() async throws {
        // The pattern's length is prime, so that a lost or doubled piece would shift it.
        let sent = Array(repeatElement(Array(0..<UInt8(251)), count: 40_000).joined())
        let server = try await ReplayServer.start { _ in ReplayResponse(body: sent) }
        let stream = try await client.stream(HTTPRequest(url: server.url))
        var received: [UInt8] = []
        for try await chunk in stream.chunks {
            #expect(chunk.count <= 2 << 20)
            received += chunk
            await Task.yield()
        }
        #expect((received == sent) as Bool)
        #expect(try await client.send(HTTPRequest(url: server.url)).body.count == sent.count)
    }

    @Test("a stream keeps its client, and close ends it")
    func lifetime() async throws {
        let (chunks, feed) = AsyncStream<[UInt8]>.makeStream()
        let server = try await server(chunks)
        feed.yield([0])
        var owner: HTTPClient? = HTTPClient()
        let stream = try #require(try await owner?.stream(HTTPRequest(url: server.url)))
        weak let kept = owner
        owner = nil
        var reader = stream.chunks.makeAsyncIterator()
        #expect(try await reader.next() == [0])
        await kept?.close()
        let error = await #expect(throws: HTTPError.self) { try await reader.next() }
        #expect(error?.kind == .closed)
    }

    @Test("trailers are not taken for headers, and do not disturb the end")
    func trailers() async throws {
        let reply =
            "HTTP/1.1 400 Bad Request\r\nTrailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-T: y\r\n\r\n"
        let server = try RawServer(reply: reply, then: .silence)
        let response = try await client.send(HTTPRequest(url: server.url))
        #expect(response.status == 400)
        #expect(response.body == Array("{}".utf8))
        #expect(response.headers["x-t"] == nil)
    }

    @Test("of several heads the last counts")
    func interim() async throws {
        let reply = "HTTP/1.1 103 Early Hints\r\nX-A: 1\r\n\r\nHTTP/1.1 200 OK\r\nX-B: 2\r\nContent-Length: 0\r\n\r\n"
        let server = try RawServer(reply: reply, then: .silence)
        let response = try await client.send(HTTPRequest(url: server.url))
        #expect(response.status == 200)
        #expect(response.headers["x-a"] == nil)
        #expect(response.headers["x-b"] == "2")
    }
}
