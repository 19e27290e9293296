import HTTPTransport
import TestSupport
import Testing

@Suite struct FailureTests {
    private let client = HTTPClient()

    private func failure(_ request: HTTPRequest, client: HTTPClient? = nil) async throws -> HTTPError {
        let client = client ?? self.client
        return try await #require(throws: HTTPError.self) { _ = try await client.send(request) }
    }

    @Test("a refused connection says who refused, and that nothing was sent")
    func refused() async throws {
        let url = "http://127.0.0.1:\(try freePort())/v3/kv/put"
        let error = try await failure(HTTPRequest(method: "POST", url: url, body: []))
        #expect(error.kind == .cannotConnect)
        #expect(error.curlCode == 7)
        #expect(!error.wasSent)
        #expect(error.description.hasPrefix("POST \(url): "))
    }

    @Test("a unix socket that is not there is named")
    func noSocket() async throws {
        let error = try await failure(HTTPRequest(url: "http://localhost/", unixSocket: "/nowhere/s"))
        #expect(error.kind == .cannotConnect)
        #expect(error.description.contains("over /nowhere/s"))
    }

    @Test("a silent server is a timeout after the request was sent")
    func silent() async throws {
        let server = try await ReplayServer.start { _ in try await .never() }
        let start = ContinuousClock.now
        let error = try await failure(HTTPRequest(url: server.url, timeout: 0.3))
        #expect(error.kind == .timedOut)
        #expect(error.wasSent)
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test(
        "an answer that is cut short is a lost connection",
        arguments: [
            "", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        ])
    func cutShort(reply: String) async throws {
        let server = try RawServer(reply: reply, then: .close)
        let error = try await failure(HTTPRequest(url: server.url))
        #expect(error.kind == .connectionLost)
        #expect(error.wasSent)
    }

    @Test("rubbish instead of HTTP is a lost connection")
    func rubbish() async throws {
        let server = try RawServer(reply: "SSH-2.0-OpenSSH\r\n", then: .close)
        #expect(try await failure(HTTPRequest(url: server.url)).kind == .connectionLost)
    }

    @Test("an answer over the limit is refused")
    func tooLarge() async throws {
        let server = try await ReplayServer.start { _ in ReplayResponse(body: [UInt8](repeating: 1, count: 1001)) }
        let client = HTTPClient(options: .init(responseLimit: 1000))
        let error = try await failure(HTTPRequest(url: server.url), client: client)
        #expect(error.kind == .tooLarge)
        #expect(error.message.contains("1000 bytes"))
    }

    @Test("cancelling the task ends the transfer at once, and the connection with it")
    func cancellation() async throws {
        let server = try RawServer(reply: "HTTP/1.1 200 OK\r\n", then: .waitForClose)
        let client = client
        let task = Task { try await client.send(HTTPRequest(url: server.url, timeout: nil)) }
        try await eventually("the request arrives") { server.requests == 1 }
        task.cancel()
        let error = try await #require(throws: HTTPError.self) { _ = try await task.value }
        #expect(error.kind == .cancelled)
        try await eventually("the connection is closed") { server.closedByClient == 1 }
    }

    @Test("a task cancelled before it begins sends nothing")
    func cancelledBefore() async throws {
        let server = try await ReplayServer.start { _ in try await .never() }
        let client = client
        let task = Task {
            try await eventually("the cancellation arrives") { Task.isCancelled }
            return try await client.send(HTTPRequest(url: server.url, timeout: nil))
        }
        task.cancel()
        await #expect(throws: (any Error).self) { _ = try await task.value }
    }

    @Test("close fails what is under way and what comes later")
    func close() async throws {
        let server = try await ReplayServer.start { _ in try await .never() }
        let client = HTTPClient()
        let task = Task { try await client.send(HTTPRequest(url: server.url, timeout: nil)) }
        try await eventually("the request arrives") { !server.requests.isEmpty }
        await client.close()
        let error = try await #require(throws: HTTPError.self) { _ = try await task.value }
        #expect(error.kind == .closed)
        #expect(try await failure(HTTPRequest(url: server.url), client: client).kind == .closed)
        await client.close()
    }

    @Test("threads end with their clients")
    func noThreadLeft() async throws {
        let server = try await ReplayServer.start { _ in .json("{}") }
        let before = try threadCount()
        for _ in 0..<20 { _ = try await HTTPClient().send(HTTPRequest(url: server.url)) }
        // Swift's and NIO's pools may grow by a few meanwhile; twenty of ours would show.
        try await eventually("the threads end") { try threadCount() < before + 10 }
    }

    @Test(
        "what cannot stand in a request is refused before it is sent",
        arguments: [
            HTTPRequest(method: "GET\r\nX: y", url: "http://127.0.0.1:1/"),
            HTTPRequest(method: "", url: "http://127.0.0.1:1/"),
            HTTPRequest(url: "http://127.0.0.1:1/a b"), HTTPRequest(url: "http://127.0.0.1:1/\0"),
            HTTPRequest(url: "http://127.0.0.1:1/", headers: ["X": "a\r\nY: b"]),
            HTTPRequest(url: "http://127.0.0.1:1/", headers: ["X:": "a"]),
            HTTPRequest(url: "http://127.0.0.1:1/", unixSocket: "/a\0b"), HTTPRequest(url: "file:///etc/passwd"),
            HTTPRequest(url: "ftp://127.0.0.1:1/"), HTTPRequest(url: "http://127.0.0.1:x/"), HTTPRequest(url: ""),
        ])
    func invalid(request: HTTPRequest) async throws {
        let error = try await failure(request)
        #expect(error.kind == .invalidRequest)
        #expect(!error.wasSent)
    }

    @Test(
        "an error shows neither user information nor the query",
        arguments: [
            ("http://u:secret@127.0.0.1:1/a@b?key=secret#x", "http://127.0.0.1:1/a@b?..."),
            ("http://u:sec?ret@127.0.0.1:1/", "http://..."),
            ("http://u:sec/ret@127.0.0.1:1/", "http://..."),
            ("http://[::1]:1/x", "http://[::1]:1/x"),
            ("secret", "..."),
        ])
    func redaction(url: String, shown: String) async throws {
        let error = try await failure(HTTPRequest(url: url))
        #expect(error.url == shown)
        #expect(!error.description.contains("sec"))
    }
}
