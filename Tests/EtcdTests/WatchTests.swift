import Etcd
import Foundation
import Synchronization
import TestSupport
import Testing

/// Watches against recorded streams.
@Suite struct WatchTests {
    /// Answers each watch with the next stream, which then stays open (the last one for all that follow), and other calls with `otherwise`.
    private func server(_ streams: [[String]], otherwise: String = "{}") async throws -> ReplayServer {
        let position = Mutex(0)
        // Continuations are kept, or the streams would end.
        let open = Mutex<[AsyncStream<[UInt8]>.Continuation]>([])
        return try await ReplayServer.start { request in
            guard request.path == "/v3/watch" else { return .json(otherwise) }
            let number = position.withLock { value in
                defer { value += 1 }
                return min(value, streams.count - 1)
            }
            let (chunks, feed) = AsyncStream<[UInt8]>.makeStream()
            for line in streams[number] { feed.yield(Array((line + "\n").utf8)) }
            open.withLock { $0.append(feed) }
            return ReplayResponse(status: 200, headers: [:], body: .chunks(chunks))
        }
    }

    private func put(_ revision: Int64) -> EtcdKeyValue {
        EtcdKeyValue(
            keyBytes: Array("/dt/w".utf8), value: [0x31], createRevision: revision, modRevision: revision, version: 1)
    }

    @Test("26: set up, a put, and a deletion with what was there before")
    func recorded() async throws {
        let server = try await server([try Recording("26-watch").lines])
        var signals = EtcdClient(endpoints: [server.url]).watch(prefix: "/dt/w").makeAsyncIterator()
        #expect(try await signals.next() == .watching(revision: 6))
        #expect(try await signals.next() == .events([EtcdEvent(change: .put, keyValue: put(7))], revision: 7))
        let gone = EtcdKeyValue(keyBytes: Array("/dt/w".utf8), modRevision: 8)
        #expect(
            try await signals.next()
                == .events([EtcdEvent(change: .delete, keyValue: gone, previous: put(7))], revision: 8))
        let body = try #require(server.requests.first?.body)
        #expect(
            sameJSON(body, Array(#"{"create_request":{"key":"L2R0L3c=","range_end":"L2R0L3g=","prev_kv":true}}"#.utf8)))
    }

    @Test("28: a compacted beginning is reported, and the watch goes on from the oldest revision that is kept")
    func compacted() async throws {
        let server = try await server([try Recording("28-watch-compacted").lines, try Recording("26-watch").lines])
        var signals = EtcdClient(endpoints: [server.url]).watch(prefix: "/dt/w", fromRevision: 1).makeAsyncIterator()
        #expect(try await signals.next() == .watching(revision: 8))
        #expect(try await signals.next() == .compacted(revision: 6))
        #expect(try await signals.next() == .watching(revision: 6))
        #expect(try await signals.next() == .events([EtcdEvent(change: .put, keyValue: put(7))], revision: 7))
        #expect(server.requests.map { $0.text.contains("\"start_revision\":\"6\"") } == [false, true])
    }

    @Test("messages may be cut anywhere, and several may come at once")
    func framing() async throws {
        let text = try Recording("26-watch").lines.joined(separator: "\n") + "\n"
        for size in [1, 7, 100, 10_000] {
            let (chunks, feed) = AsyncStream<[UInt8]>.makeStream()
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                feed.yield(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            let server = try await ReplayServer.start { _ in .init(status: 200, headers: [:], body: .chunks(chunks)) }
            var signals = EtcdClient(endpoints: [server.url]).watch(prefix: "/dt/w").makeAsyncIterator()
            var events = 0
            while events < 2, let signal = try await signals.next() {
                if case .events = signal { events += 1 }
            }
            #expect(events == 2)
        }
    }

    @Test("a store of another cluster behind the same address is reported as lost changes")
    func otherCluster() async throws {
        let first = #"{"result":{"header":{"cluster_id":"1","revision":"900"},"created":true}}"# + "\n"
        let second = #"{"result":{"header":{"cluster_id":"2","revision":"4"},"created":true}}"#
        let port = try freePort()
        let old = try await ReplayServer.start(at: .loopback(port: port)) { _ in ReplayResponse(body: Array(first.utf8))
        }
        var signals = EtcdClient(endpoints: [old.url]).watch(prefix: "a").makeAsyncIterator()
        #expect(try await signals.next() == .watching(revision: 900))
        await old.stop()
        let new = try await ReplayServer.start(at: .loopback(port: port)) { request in
            let (chunks, feed) = AsyncStream<[UInt8]>.makeStream()
            feed.yield(Array((second + "\n").utf8))
            return ReplayResponse(status: 200, headers: [:], body: .chunks(chunks))
        }
        var later: [EtcdWatchSignal] = []
        while later.last != .watching(revision: 4), let signal = try await signals.next() {
            if case .interrupted = signal { continue }
            if signal != .watching(revision: 900) { later.append(signal) }
        }
        #expect(later == [.compacted(revision: 4), .watching(revision: 4)])
        #expect(new.requests.last?.text.contains("\"start_revision\":\"5\"") == true)
    }

    struct Unexpected: Error {}

    @Test("a refusal ends the watch with its error")
    func refused() async throws {
        let server = try await ReplayServer.start { _ in
            .json(
                #"{"error":"etcdserver: user name is empty","message":"etcdserver: user name is empty","code":3}"#,
                status: 400)
        }
        let error = await #expect(throws: EtcdError.self) {
            for try await _ in EtcdClient(endpoints: [server.url]).watch(prefix: "a") {}
        }
        guard case .unauthenticated = error else { throw Unexpected() }
    }

    @Test("a cancellation with a reason ends the watch with it")
    func cancelledByServer() async throws {
        let created = #"{"result":{"header":{"cluster_id":"1","revision":"9"},"created":true}}"#
        let cancelled = #"{"result":{"header":{"cluster_id":"1"},"canceled":true,"cancel_reason":"permission denied"}}"#
        let server = try await server([[created, cancelled]])
        let error = await #expect(throws: EtcdError.self) {
            for try await _ in EtcdClient(endpoints: [server.url]).watch(prefix: "a") {}
        }
        guard case .rejected(let rejection) = error else { throw Unexpected() }
        #expect(rejection.message == "permission denied")
    }

    @Test("a member that is silent and sees no leader is left for another")
    func leaderless() async throws {
        let created = #"{"result":{"header":{"cluster_id":"1","revision":"9"},"created":true}}"#
        let lonely = try await server(
            [[created]], otherwise: try #require(try Recording("78-noquorum-status").lines.first))
        let good = try await server([[created]], otherwise: try #require(try Recording("05-status").lines.first))
        let client = EtcdClient(endpoints: [lonely.url, good.url])
        var signals = client.watch(prefix: "a", options: .init(probeInterval: 0.1)).makeAsyncIterator()
        #expect(try await signals.next() == .watching(revision: 9))
        guard case .interrupted(.unreachable(let tried)) = try await signals.next() else { throw Unexpected() }
        #expect(tried.map(\.endpoint) == [lonely.url])
        #expect(tried.map(\.reason) == ["etcdserver: no leader"])
        #expect(try await signals.next() == .watching(revision: 9))
        #expect(good.requests.first?.text.contains("\"start_revision\":\"10\"") == true)
    }

    @Test("letting the watch go closes its connection")
    func released() async throws {
        let line = #"{"result":{"header":{"cluster_id":"1","revision":"9"},"created":true}}"# + "\n"
        let server = try RawServer(
            reply:
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(String(line.utf8.count, radix: 16))\r\n\(line)\r\n",
            then: .waitForClose)
        let client = EtcdClient(endpoints: [server.url])
        for try await signal in client.watch(prefix: "a") {
            #expect(signal == .watching(revision: 9))
            break
        }
        try await eventually("the connection is closed") { server.closedByClient == 1 }
    }
}
