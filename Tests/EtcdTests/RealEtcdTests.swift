import Etcd
import HTTPTransport
import TestSupport
import Testing

/// A real etcd of one member.
@Suite struct RealEtcdTests {
    @Test("what is put is read back: unicode, bytes, empty values, and keys beside the prefix are left out")
    func putAndGet() async throws {
        let etcd = try await RealEtcd.start()
        let client = EtcdClient(endpoints: [etcd.url])
        let first = try await client.put("/d/ü ☎", Array("a\0\u{ff}".utf8))
        try await client.put("/d/empty", "")
        try await client.put("/d/empty", "")
        try await client.put("/e", "beside")
        let range = try await client.range(prefix: "/d/")
        #expect(range.count == 2)
        #expect(range.revision == first + 3)
        #expect(range.keyValues.map(\.key) == ["/d/empty", "/d/ü ☎"])
        #expect(range.keyValues.map(\.version) == [2, 1])
        #expect(range.keyValues[1].value == Array("a\0\u{ff}".utf8))
        #expect(range.keyValues[1].createRevision == first)
        #expect(try await client.get("/d/empty")?.text == "")
        #expect(try await client.get("/d") == nil)
        let counted = try await client.count(prefix: "/d/")
        #expect(counted == EtcdRange(keyValues: [], count: 2, revision: range.revision))
        #expect(try await client.range(prefix: "").count == 3)
        #expect(try await client.delete("/d") == EtcdDeletion(deleted: 0, revision: range.revision))
        #expect(try await client.delete(prefix: "/d/") == EtcdDeletion(deleted: 2, revision: range.revision + 1))
        #expect(try await client.range(prefix: "").keyValues.map(\.key) == ["/e"])
    }

    @Test("2,500 keys are read in pages of one revision while others write")
    func paging() async throws {
        let etcd = try await RealEtcd.start()
        let client = EtcdClient(endpoints: [etcd.url])
        for block in 0..<25 {
            let puts = (0..<100).map { EtcdOperation.put("/p/\(1000 + block * 100 + $0)", "\(block)") }
            try await client.transaction(EtcdTransaction(success: puts))
        }
        let before = try await client.count(prefix: "/p/")
        #expect(before.count == 2500)
        let writer = Task {
            while !Task.isCancelled { try await client.put("/p/9999", "later") }
        }
        let range = try await client.range(prefix: "/p/", pageSize: 300)
        writer.cancel()
        _ = await writer.result
        // One revision: the key that the writer changes is there at most once, and all others are.
        let keys = range.keyValues.map(\.key).filter { $0 != "/p/9999" }
        #expect(keys == (1000..<3500).map { "/p/\($0)" })
        #expect(range.count == range.keyValues.count)
        #expect(range.keyValues.allSatisfy { $0.modRevision <= range.revision })
        #expect(try await client.range(prefix: "/p/1").count == 1000)
    }

    @Test("a transaction compares create revision, mod revision, version and value")
    func transactions() async throws {
        let etcd = try await RealEtcd.start()
        let client = EtcdClient(endpoints: [etcd.url])
        let created = try await client.transaction(
            EtcdTransaction(compare: [.isAbsent("k")], success: [.put("k", "1")], failure: [.get("k")]))
        #expect(created.succeeded)
        let again = try await client.transaction(
            EtcdTransaction(compare: [.isAbsent("k")], success: [.put("k", "2")], failure: [.get("k")]))
        #expect(!again.succeeded)
        guard case .range(let range) = try #require(again.answers.first) else {
            Issue.record("\(again)")
            return
        }
        #expect(range.keyValues.first?.createRevision == created.revision)
        let holding: [(EtcdComparison, Bool)] = [
            (.wasCreated("k", at: created.revision), true), (.isUnchanged("k", since: created.revision), true),
            (.wasCreated("k", at: created.revision + 1), false), (.init("k", .equal, .version(1)), true),
            (.init("k", .greater, .version(1)), false), (.init("k", .less, .modRevision(created.revision + 1)), true),
            (.init("k", .equal, .value([0x31])), true), (.init("k", .notEqual, .value([0x31])), false),
            (.init("absent", .equal, .version(0)), true), (.init("absent", .equal, .value([])), false),
        ]
        for (comparison, expected) in holding {
            let result = try await client.transaction(EtcdTransaction(compare: [comparison], success: [.get("k")]))
            #expect(result.succeeded == expected, "\(comparison)")
        }
        let many = try await client.transaction(
            EtcdTransaction(success: [.put("l/1", "a"), .put("l/2", "b"), .delete("k"), .range(prefix: "l/")]))
        #expect(many.answers.count == 4)
        #expect(many.answers[2] == .deletion(EtcdDeletion(deleted: 1, revision: many.revision)))
        let ended = try await client.transaction(EtcdTransaction(success: [.deletePrefix("l/")]))
        #expect(ended.answers == [.deletion(EtcdDeletion(deleted: 2, revision: ended.revision))])
    }

    @Test("a key goes with its lease: by expiry, by revocation, and not while it is kept alive")
    func leases() async throws {
        let etcd = try await RealEtcd.start()
        let client = EtcdClient(endpoints: [etcd.url])
        let short = try await client.grantLease(ttl: 1)
        let long = try await client.grantLease(ttl: 60)
        try await client.put("short", "x", lease: short.id)
        try await client.put("long", "x", lease: long.id)
        #expect(try await client.get("long")?.lease == long.id)
        #expect(try await client.keepAlive(lease: long.id) == 60)
        let left = try await client.timeToLive(lease: long.id)
        #expect(left.keys == ["long"])
        #expect((58...60).contains(left.remainingTTL))
        try await eventually("the short lease expires") { try await client.get("short") == nil }
        await #expect(throws: EtcdError.leaseNotFound) { try await client.keepAlive(lease: short.id) }
        await #expect(throws: EtcdError.leaseNotFound) { try await client.timeToLive(lease: short.id) }
        await #expect(throws: EtcdError.leaseNotFound) { try await client.put("x", "y", lease: short.id) }
        try await client.revokeLease(long.id)
        #expect(try await client.get("long") == nil)
    }

    @Test("members, state, health and version of a real server")
    func cluster() async throws {
        let etcd = try await RealEtcd.start()
        let client = EtcdClient(endpoints: [etcd.url])
        let members = try await client.members()
        #expect(members.map(\.name) == ["t"])
        #expect(members.first?.clientURLs == [etcd.url])
        let status = try await client.status(of: etcd.url)
        #expect(status.leader == members.first?.id)
        #expect(try await client.isHealthy(etcd.url))
        #expect(try await client.version(of: etcd.url).server == status.version)
    }

    @Test("a frozen server times out within the time of a call, and answers again when it runs on")
    func frozen() async throws {
        let etcd = try await RealEtcd.start()
        let client = EtcdClient(endpoints: [etcd.url], timeout: 0.7)
        try await eventually("a first write") { try await client.put("a", "b") > 0 }
        etcd.freeze()
        let start = ContinuousClock.now
        let read = await #expect(throws: EtcdError.self) { try await client.get("a") }
        guard case .unreachable = read else {
            Issue.record("\(String(describing: read))")
            return
        }
        let write = await #expect(throws: EtcdError.self) { try await client.put("a", "c") }
        guard case .outcomeUnknown = write else {
            Issue.record("\(String(describing: write))")
            return
        }
        #expect(ContinuousClock.now - start < .seconds(5))
        etcd.thaw()
        try await eventually("it answers") { try await client.get("a") != nil }
    }

    @Test("with one dead endpoint of two everything goes on")
    func failover() async throws {
        let etcd = try await RealEtcd.start()
        let client = EtcdClient(endpoints: ["http://127.0.0.1:\(try freePort())", etcd.url])
        let revision = try await client.put("a", "b")
        #expect(try await client.get("a")?.modRevision == revision)
        var signals = client.watch(prefix: "a", fromRevision: revision).makeAsyncIterator()
        #expect(try await signals.next() == .watching(revision: revision))
        guard case .events = try await signals.next() else {
            Issue.record("no event")
            return
        }
    }

    @Test("TLS with client certificates: trusted both ways it works; without, or with another authority, it says why")
    func tls() async throws {
        let ours = try await TestCertificates.make()
        let other = try await TestCertificates.make()
        let etcd = try await RealEtcd.start(
            tls: .init(
                ca: ours.ca, certificate: ours.serverCertificate, key: ours.serverKey, requiresClientCertificate: true))
        let full = HTTPClient.TLSFiles(ca: ours.ca, certificate: ours.clientCertificate, key: ours.clientKey)
        let client = EtcdClient(endpoints: [etcd.url], tls: full)
        let revision = try await client.put("a", "b")
        #expect(try await client.isHealthy(etcd.url))
        var signals = client.watch(prefix: "a", fromRevision: revision).makeAsyncIterator()
        #expect(try await signals.next() == .watching(revision: revision))

        let wrong: [(HTTPClient.TLSFiles, String)] = [
            (.init(ca: ours.ca), "certificate"),
            (.init(ca: other.ca, certificate: ours.clientCertificate, key: ours.clientKey), "certificate"),
            (.init(ca: ours.ca, certificate: other.clientCertificate, key: other.clientKey), "certificate"),
            (.init(ca: "/nowhere/ca.crt"), "/nowhere/ca.crt"),
            (.init(ca: ours.ca, certificate: "/nowhere/c.crt", key: ours.clientKey), "/nowhere/c.crt"),
        ]
        for (files, word) in wrong {
            let error = await #expect(throws: EtcdError.self) {
                try await EtcdClient(endpoints: [etcd.url], tls: files).get("a")
            }
            guard case .unreachable(let tried) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(tried.first?.reason.contains(word) == true, "\(tried)")
        }
        let plain = await #expect(throws: EtcdError.self) {
            try await EtcdClient(endpoints: [etcd.url.replacing("https:", with: "http:")]).get("a")
        }
        guard case .unreachable = plain else {
            Issue.record("\(String(describing: plain))")
            return
        }
    }
}
