import Etcd
import TestSupport
import Testing

/// Recordings of keys, leases, members and states, decoded through the client's own calls, which must also ask exactly what was recorded.
@Suite struct RecordedCallTests {
    private let key = "/dt/units/a"

    private func client(_ server: ReplayServer) -> EtcdClient { EtcdClient(endpoints: [server.url]) }

    @Test("07: a put gives its revision")
    func put() async throws {
        let server = try await replay("07-kv-put")
        #expect(try await client(server).put(key, "hello") == 2)
    }

    @Test("64: a put with one member of three down gives its revision")
    func putWhileDown() async throws {
        let server = try await replay("64-down-put")
        #expect(try await client(server).put("a", "b") == 10)
    }

    @Test("09: a range gives keys, values, revisions and the count")
    func get() async throws {
        let server = try await ReplayServer.start { _ in try Recording("09-kv-range").answer ?? .json("") }
        let range = try await client(server).range(prefix: "/dt/")
        let expected = EtcdKeyValue(
            keyBytes: Array(key.utf8), value: Array("hello2".utf8), createRevision: 2, modRevision: 3, version: 2)
        #expect(range == EtcdRange(keyValues: [expected], count: 1, revision: 3))
        #expect(range.keyValues.first?.key == key)
        #expect(range.keyValues.first?.text == "hello2")
        let body = try #require(server.requests.first?.body)
        #expect(sameJSON(body, Array(#"{"key":"L2R0Lw==","range_end":"L2R0MA==","limit":"1000"}"#.utf8)))
    }

    @Test("10: a key that is not there is nil")
    func missing() async throws {
        let server = try await replay("10-kv-range-missing")
        #expect(try await client(server).get("/nope") == nil)
    }

    @Test("16 to 23: a lease from grant to the end of it")
    func lease() async throws {
        let id: Int64 = 2_715_567_283_996_170_522
        let server = try await replay(
            "16-lease-grant", "17-lease-put", "18-lease-keepalive", "19-lease-ttl", "20-lease-keepalive-unknown",
            "21-lease-revoke", "22-lease-revoke-unknown")
        let client = client(server)
        #expect(try await client.grantLease(ttl: 30) == EtcdLease(id: id, grantedTTL: 30, remainingTTL: 30))
        #expect(try await client.put("/dt/leased", "x", lease: id) == 4)
        #expect(try await client.keepAlive(lease: id) == 30)
        #expect(
            try await client.timeToLive(lease: id)
                == EtcdLease(id: id, grantedTTL: 30, remainingTTL: 29, keys: ["/dt/leased"]))
        await #expect(throws: EtcdError.leaseNotFound) { try await client.keepAlive(lease: 123) }
        try await client.revokeLease(id)
        await #expect(throws: EtcdError.leaseNotFound) { try await client.revokeLease(id) }
    }

    @Test("24 and 25: a transaction that creates, and the same again, which reads what is there")
    func transaction() async throws {
        let server = try await replay("24-txn-cas", "25-txn-cas-again")
        let client = client(server)
        let create = EtcdTransaction(
            compare: [.isAbsent("/dt/new")], success: [.put("/dt/new", "1")], failure: [.get("/dt/new")])
        #expect(
            try await client.transaction(create) == EtcdTransactionResult(succeeded: true, revision: 6, answers: [.put])
        )
        let there = EtcdKeyValue(
            keyBytes: Array("/dt/new".utf8), value: [0x31], createRevision: 6, modRevision: 6, version: 1)
        #expect(
            try await client.transaction(create)
                == EtcdTransactionResult(
                    succeeded: false, revision: 6,
                    answers: [.range(EtcdRange(keyValues: [there], count: 1, revision: 6))]))
    }

    @Test("30: a deletion by prefix gives how many went")
    func delete() async throws {
        let server = try await replay("30-deleterange")
        #expect(try await client(server).delete(prefix: "/dt/") == EtcdDeletion(deleted: 2, revision: 9))
    }

    @Test(
        "04, 62, 69, 70, 73, 82: member lists, with members that have not started and learners",
        arguments: [
            ("04-member-list", ["node1", "node2", "node3"], 0),
            ("62-down-member-list", ["node1", "node2", "node3"], 0),
            ("69-list-after-add", ["node1", "node2", ""], 0), ("70-list-after-join", ["node1", "node2", "node4"], 0),
            ("73-learner-list", ["", "node1", "node2", "node4"], 1),
            ("82-noquorum-member-list", ["node1", "node2", "node4"], 0),
        ])
    func members(recording: String, names: [String], learners: Int) async throws {
        let server = try await replay(recording)
        let members = try await client(server).members()
        #expect(members.map(\.name) == names)
        #expect(members.filter(\.isLearner).count == learners)
        // Those that have no name have not started, and have no client URL either.
        #expect(members.allSatisfy { $0.name.isEmpty == $0.clientURLs.isEmpty })
        #expect(members.first { $0.name == "node1" }?.id == 2_965_841_215_891_318_191)
        #expect(members.first { $0.name == "node1" }?.peerURLs == ["http://10.77.0.11:2380"])
    }

    @Test(
        "05, 06, 61, 71, 78: states of members, without a quorum too",
        arguments: [
            ("05-status", 1, 33, true), ("06-status-node2", 1, 33, true), ("61-down-status-node1", 9, 50, true),
            ("71-status-node4", 10, 62, true), ("78-noquorum-status", 10, 65, false),
        ] as [(String, Int64, UInt64, Bool)])
    func status(recording: String, revision: Int64, index: UInt64, hasLeader: Bool) async throws {
        let server = try await replay(recording)
        let status = try await client(server).status(of: server.url)
        #expect(status.version == "3.4.23")
        #expect(status.clusterID == 2_962_354_523_238_851_296)
        #expect(status.revision == revision)
        #expect(status.raftIndex == index)
        #expect(status.raftTerm == 3)
        #expect(status.leader == (hasLeader ? 2_965_841_215_891_318_191 : nil))
        #expect(status.errors == (hasLeader ? [] : ["etcdserver: no leader"]))
        #expect(status.databaseSize >= status.databaseSizeInUse)
        #expect(status.databaseSizeInUse > 0)
    }

    @Test(
        "01, 65, 83: health, whatever the HTTP status",
        arguments: [("01-health", true), ("65-down-health", true), ("83-noquorum-health", false)])
    func health(recording: String, isHealthy: Bool) async throws {
        let server = try await replay(recording)
        #expect(try await client(server).isHealthy(server.url) == isHealthy)
    }

    @Test("02: versions")
    func version() async throws {
        let server = try await replay("02-version")
        #expect(try await client(server).version(of: server.url) == EtcdVersion(server: "3.4.23", cluster: "3.4.0"))
    }

    @Test("63 and 81: reads that get no answer end as unreachable, naming the endpoint")
    func silentReads() async throws {
        let server = try await ReplayServer.start { _ in try await .never() }
        let client = EtcdClient(endpoints: [server.url], timeout: 0.3)
        let status = await #expect(throws: EtcdError.self) { try await client.status(of: server.url) }
        let range = await #expect(throws: EtcdError.self) { try await client.get("a") }
        for error in [status, range] {
            guard case .unreachable(let tried) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(tried.map(\.endpoint) == [server.url])
            #expect(tried.first?.reason.contains("timed out") == true)
        }
    }

    @Test("79: a put that gets no answer is a write of unknown outcome")
    func silentPut() async throws {
        let server = try await replay("79-noquorum-put")
        let client = EtcdClient(endpoints: [server.url], timeout: 0.3)
        let error = await #expect(throws: EtcdError.self) { try await client.put("a", "b") }
        guard case .outcomeUnknown(let tried) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(tried.map(\.endpoint) == [server.url])
    }
}
