import Etcd
import Synchronization
import TestSupport
import Testing

/// Which endpoint is asked, and how often.
@Suite struct FailoverTests {
    private static let acknowledged = #"{"header":{"revision":"5"}}"#

    private func good() async throws -> ReplayServer {
        try await ReplayServer.start { _ in .json(Self.acknowledged) }
    }

    @Test("a dead endpoint is passed over by reads and writes, and the one that works is remembered")
    func dead() async throws {
        let server = try await good()
        let first = "http://127.0.0.1:\(try freePort())"
        let dead = try RawServer(reply: "", then: .close)
        let client = EtcdClient(endpoints: [first, dead.url, server.url])
        #expect(try await client.count(prefix: "a").revision == 5)
        #expect(dead.requests == 1)
        #expect(try await client.put("a", "b") == 5)
        #expect(dead.requests == 1)
        #expect(server.requests.count == 2)
    }

    @Test("when none can be used, all are named with their reasons")
    func allDead() async throws {
        let urls = ["http://127.0.0.1:\(try freePort())", "http://u:pw@127.0.0.1:\(try freePort())/"]
        let error = await #expect(throws: EtcdError.self) { try await EtcdClient(endpoints: urls).put("a", "b") }
        guard case .unreachable(let tried) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(tried.map(\.endpoint) == [urls[0], String(urls[1].dropLast()).replacing("u:pw@", with: "")])
        #expect(tried.allSatisfy { $0.reason.contains("(curl 7)") })
        #expect(error?.description.contains("pw") == false)
    }

    @Test("without endpoints nothing can be reached")
    func none() async throws {
        await #expect(throws: EtcdError.unreachable(tried: [])) { try await EtcdClient(endpoints: []).get("a") }
    }

    @Test("silent endpoints share the time of a call: a read reaches the third within it, a write that was sent stops")
    func silent() async throws {
        let silent = try await ReplayServer.start { _ in try await .never() }
        let other = try await ReplayServer.start { _ in try await .never() }
        let server = try await good()
        let endpoints = [silent.url, other.url, server.url]
        let start = ContinuousClock.now
        #expect(try await EtcdClient(endpoints: endpoints, timeout: 1.5).count(prefix: "a").revision == 5)
        #expect(ContinuousClock.now - start < .seconds(3))

        let error = await #expect(throws: EtcdError.self) {
            try await EtcdClient(endpoints: endpoints, timeout: 0.5).put("a", "b")
        }
        guard case .outcomeUnknown(let tried) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(tried.map(\.endpoint) == [silent.url])
        #expect(server.requests.count == 1)
    }

    @Test("a read-only transaction goes on to the next endpoint, one that writes does not")
    func transactions() async throws {
        let lost = try RawServer(reply: "", then: .close)
        let server = try await good()
        let read = EtcdTransaction(success: [.get("a")])
        #expect(try await EtcdClient(endpoints: [lost.url, server.url]).transaction(read).revision == 5)
        let write = EtcdTransaction(success: [.get("a")], failure: [.delete("a")])
        let error = await #expect(throws: EtcdError.self) {
            try await EtcdClient(endpoints: [lost.url, server.url]).transaction(write)
        }
        guard case .outcomeUnknown = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("a member without a leader is passed over, by writes too")
    func noLeader() async throws {
        let lonely = try await ReplayServer.start { _ in
            .json(#"{"error":"etcdserver: no leader","message":"etcdserver: no leader","code":14}"#, status: 503)
        }
        let server = try await good()
        #expect(try await EtcdClient(endpoints: [lonely.url, server.url]).put("a", "b") == 5)
    }

    @Test("a cancelled read is cancelled, a cancelled write that was sent is of unknown outcome")
    func cancelled() async throws {
        let server = try await ReplayServer.start { _ in try await .never() }
        let client = EtcdClient(endpoints: [server.url])
        let read = Task { try await client.get("a") }
        try await eventually("the read arrives") { server.requests.count == 1 }
        read.cancel()
        await #expect(throws: EtcdError.cancelled) { try await read.value }
        let write = Task { try await client.put("a", "b") }
        try await eventually("the write arrives") { server.requests.count == 2 }
        write.cancel()
        let error = await #expect(throws: EtcdError.self) { try await write.value }
        guard case .outcomeUnknown = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
