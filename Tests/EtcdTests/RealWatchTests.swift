import Etcd
import Glibc
import TestSupport
import Testing

/// Watches of a real etcd through what happens to it.
@Suite struct RealWatchTests {
    private struct Ended: Error {}

    /// Reads signals until the events hold `key`; gives all signals read.
    private func read(
        _ signals: inout AsyncThrowingStream<EtcdWatchSignal, any Error>.Iterator, until key: String
    ) async throws -> [EtcdWatchSignal] {
        var all: [EtcdWatchSignal] = []
        while let signal = try await signals.next() {
            all.append(signal)
            if case .events(let events, _) = signal, events.contains(where: { $0.keyValue.key == key }) { return all }
        }
        throw Ended()
    }

    private func keys(_ signals: [EtcdWatchSignal]) -> [String] {
        signals.flatMap { signal -> [String] in
            if case .events(let events, _) = signal { return events.map(\.keyValue.key) }
            return []
        }
    }

    @Test("over a server killed and started again no change is missed and none comes twice")
    func restart() async throws {
        let etcd = try await RealEtcd.start()
        let client = EtcdClient(endpoints: [etcd.url])
        let start = try await client.count(prefix: "").revision
        var signals = client.watch(prefix: "w/", fromRevision: start + 1).makeAsyncIterator()
        try await client.put("w/1", "a")
        try await client.put("w/2", "a")
        var all = try await read(&signals, until: "w/2")
        try await etcd.kill()
        try await etcd.restart()
        // Written before the watch can be back, or after: it must not matter.
        try await eventually("etcd takes writes") { try await client.put("w/3", "a") > 0 }
        all += try await read(&signals, until: "w/3")
        #expect(keys(all).filter { $0 != "w/3" } == ["w/1", "w/2"])
        let interruptions = all.filter { if case .interrupted = $0 { true } else { false } }
        #expect(interruptions.count == 1)
    }

    @Test("what is compacted away while the watch is broken is reported, and later changes come")
    func compaction() async throws {
        let etcd = try await RealEtcd.start()
        let client = EtcdClient(endpoints: [etcd.url])
        let start = try await client.put("w/1", "a")
        for _ in 0..<10 { try await client.put("w/2", "a") }
        let (status, output) = try await ChildProcess.run(
            ["etcdctl", "--endpoints", etcd.url, "compaction", "\(start + 8)"], environment: ["ETCDCTL_API": "3"])
        #expect(status == 0, "\(output)")
        var signals = client.watch(prefix: "w/", fromRevision: start).makeAsyncIterator()
        guard case .watching = try await signals.next() else { throw Ended() }
        #expect(try await signals.next() == .compacted(revision: start + 8))
        // What the reader does after that.
        #expect(try await client.range(prefix: "w/").count == 2)
        try await client.put("w/3", "a")
        let all = try await read(&signals, until: "w/3")
        #expect(all.first == .watching(revision: start + 10) || all.first == .watching(revision: start + 11))
        #expect(Set(keys(all)) == ["w/2", "w/3"])
        #expect(keys(all).count == 4)
    }

    @Test("a frozen member is left for one that answers, and nothing is missed")
    func frozen() async throws {
        // Two members of one etcd cannot be had without a quorum of three: here both addresses lead to one server, the first through a child that is frozen.
        let etcd = try await RealEtcd.start()
        let port = try freePort()
        let gateway = try ChildProcess(
            [
                "etcd", "gateway", "start", "--listen-addr", "127.0.0.1:\(port)", "--endpoints",
                "127.0.0.1:\(etcd.clientPort)",
            ])
        let client = EtcdClient(endpoints: ["http://127.0.0.1:\(port)", etcd.url], timeout: 1)
        let start = try await eventually("the way through the gateway is open") {
            try await EtcdClient(endpoints: ["http://127.0.0.1:\(port)"]).put("w/0", "a")
        }
        var signals = client.watch(prefix: "w/", fromRevision: start + 1, options: .init(probeInterval: 0.3))
            .makeAsyncIterator()
        #expect(try await signals.next() == .watching(revision: start))
        gateway.signal(SIGSTOP)
        let writer = EtcdClient(endpoints: [etcd.url])
        try await writer.put("w/1", "a")
        let all = try await read(&signals, until: "w/1")
        guard case .interrupted = all.first else { throw Ended() }
        #expect(keys(all) == ["w/1"])
        try await gateway.stop(grace: .zero)
    }
}
