import HTTPTransport
import TestSupport
import Testing

@Suite struct SendTests {
    private let client = HTTPClient()

    @Test("method, path, query, headers and body arrive as given, and so does the answer")
    func roundTrip() async throws {
        let server = try await ReplayServer.start { request in
            ReplayResponse(status: 201, headers: ["X-Seen": request.method], body: request.body)
        }
        let body = Array("a\0b\r\nc".utf8)
        let response = try await client.send(
            HTTPRequest(
                method: "PATCH", url: server.url + "/a%20b?c=d", headers: ["X-Empty": "", "X-Some": " ü "], body: body))
        #expect(response.status == 201)
        #expect(response.headers["x-seen"] == "PATCH")
        #expect(response.body == body)
        let seen = try #require(server.requests.first)
        #expect(seen.method == "PATCH")
        #expect(seen.target == "/a%20b?c=d")
        #expect(seen.headers["x-empty"] == "")
        #expect(seen.headers["x-some"] == "ü")
        #expect(seen.headers["content-type"] == nil)
        #expect(seen.headers["expect"] == nil)
    }

    @Test(
        "every method is sent with its own body rules",
        arguments: [
            ("GET", nil, nil), ("HEAD", nil, nil), ("DELETE", nil, nil), ("POST", [], "0"), ("PUT", [1, 2, 3], "3"),
        ] as [(String, [UInt8]?, String?)])
    func methods(method: String, body: [UInt8]?, length: String?) async throws {
        let server = try await ReplayServer.start { _ in ReplayResponse(status: 204) }
        let response = try await client.send(HTTPRequest(method: method, url: server.url + "/", body: body))
        #expect(response.status == 204)
        #expect(server.requests.first?.method == method)
        #expect(server.requests.first?.headers["content-length"] == length)
    }

    @Test("a unix socket is reached with the URL's host as Host")
    func unixSocket() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("s")
        let server = try await ReplayServer.start(at: .unixSocket(path)) { _ in .json("{}") }
        let response = try await client.send(HTTPRequest(url: "http://fleet/x", unixSocket: path))
        #expect(response.body == Array("{}".utf8))
        #expect(server.requests.first?.headers["host"] == "fleet")
    }

    @Test("an error status is an answer")
    func errorStatus() async throws {
        let server = try await ReplayServer.start { _ in .json("{\"error\":\"x\"}", status: 503) }
        #expect(try await client.send(HTTPRequest(url: server.url)).status == 503)
    }

    @Test("200 requests side by side are all answered, each with its own answer")
    func sideBySide() async throws {
        let server = try await ReplayServer.start { ReplayResponse(body: Array($0.target.utf8)) }
        let client = client
        try await withThrowingTaskGroup(of: (Int, [UInt8]).self) { group in
            for number in 0..<200 {
                group.addTask { (number, try await client.send(HTTPRequest(url: "\(server.url)/\(number)")).body) }
            }
            for try await (number, body) in group { #expect(body == Array("/\(number)".utf8)) }
        }
    }

    @Test("requests one after the other use one connection")
    func reuse() async throws {
        let server = try await ReplayServer.start { _ in .json("{}") }
        for _ in 0..<3 { _ = try await client.send(HTTPRequest(method: "POST", url: server.url, body: [])) }
        let ports = server.requests.map(\.peerPort)
        #expect(ports.count == 3)
        #expect(Set(ports).count == 1)
    }

    @Test(
        "a kept connection that turns out dead: what may be repeated is sent again, what may not is an error that says it was sent"
    )
    func deadConnection() async throws {
        let reply = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
        for mayBeRepeated in [true, false] {
            let server = try RawServer(reply: reply, then: .closeAtNextRequest)
            let request = HTTPRequest(method: "POST", url: server.url, body: [1], mayBeRepeated: mayBeRepeated)
            #expect(try await client.send(request).status == 200)
            if mayBeRepeated {
                #expect(try await client.send(request).status == 200)
            } else {
                let client = client
                let error = try await #require(throws: HTTPError.self) { _ = try await client.send(request) }
                #expect(error.kind == .connectionLost)
                #expect(error.wasSent)
            }
        }
    }

    @Test("proxies of the environment are not used")
    func noProxy() async throws {
        let server = try await ReplayServer.start { _ in .json("{}") }
        setEnvironment("http_proxy", "http://127.0.0.1:1")
        defer { setEnvironment("http_proxy", nil) }
        #expect(try await HTTPClient().send(HTTPRequest(url: server.url)).status == 200)
    }
}
