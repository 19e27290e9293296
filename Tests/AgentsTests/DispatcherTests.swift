import Etcd
import FoundationEssentials
import HTTPTransport
import Kamailio
import SIP
import Synchronization
import TestSupport
import Testing

@testable import Agents

/// How many reloads are under way.
private final class ReloadCounter: Sendable {
    private let state = Mutex((now: 0, most: 0, count: 0))
    var most: Int { state.withLock { $0.most } }
    var count: Int { state.withLock { $0.count } }

    func begin() {
        state.withLock {
            $0.now += 1
            $0.count += 1
            $0.most = max($0.most, $0.now)
        }
    }

    func end() { state.withLock { $0.now -= 1 } }
}

/// The agent beside a real Kamailio, with a real etcd.
@Suite(.timeLimit(.minutes(2))) struct DispatcherTests {
    @Test(
        "Shares in etcd become an acknowledged revision, and 200 real calls are dealt exactly 90 to 10, counted in traffic"
    )
    func dealt() async throws {
        let stage = try await DispatchStage(endpoints: 4)
        stage.dispatch()
        try await stage.write(
            7, canary: 10, [stage.member(0), stage.member(1), stage.member(2), stage.member(3, track: "canary")])
        let acknowledgement = try await stage.acknowledged(7)
        #expect(acknowledgement.schema == 1 && acknowledgement.route == 1)
        #expect(acknowledgement.kamailio.hasPrefix("5.6"))
        #expect(try await stage.client.get(DispatchStage.acknowledgementKey)?.lease != 0)
        let outcome = try await stage.caller().run(calls: 200)
        #expect(outcome.failed == 0, "\(outcome.output)")
        let answered = stage.answered(outcome)
        #expect(answered[3] == 20)
        #expect(answered[0...2].allSatisfy { $0 == 60 }, "\(answered)")
        struct Traffic: Decodable {
            struct Instance: Decodable {
                var counters: [String: Int]
                var postDialDelay: [String: Int]
            }
            var instances: [String: Instance]
        }
        let traffic = try await eventually("traffic counts them") {
            let entry = try await stage.client.get(DispatchStage.trafficKey)
            let found = try entry.map { try JSONDecoder().decode(Traffic.self, from: Data($0.value)) }
            let ended = found?.instances.values.reduce(0) { $0 + ($1.counters["hangup"] ?? 0) }
            return ended == 200 ? found : nil
        }
        #expect(
            traffic.instances["a-asterisk-1"]?.counters
                == ["calls": 60, "drawn": 60, "attempts": 60, "answered": 60, "hangup": 60])
        #expect(traffic.instances["a-asterisk-4"]?.postDialDelay.values.reduce(0, +) == 20)
        try await stage.close()
    }

    @Test(
        "With etcd away the last list stays, through restarts of Kamailio and of the agent; afterwards it is acknowledged anew"
    )
    func etcdAway() async throws {
        let stage = try await DispatchStage(endpoints: 2)
        stage.dispatch()
        try await stage.write(3, [stage.member(0), stage.member(1)])
        try await stage.acknowledged(3)
        let list = readText(stage.kamailio.listFile)
        try await stage.etcd.kill()
        #expect(try await stage.caller().run(calls: 20).failed == 0)
        try await stage.kamailio.stop()
        try await stage.kamailio.start()
        #expect(try await stage.caller().run(calls: 20).failed == 0)
        await stage.end()
        stage.dispatch()
        #expect(try await stage.caller().run(calls: 20).failed == 0)
        #expect(readText(stage.kamailio.listFile) == list)
        try await stage.etcd.restart()
        try await stage.acknowledged(3, deadline: .seconds(20))
        #expect(readText(stage.kamailio.listFile) == list, "nothing was changed, so nothing is written")
        try await stage.close()
    }

    @Test("Deleted shares, and shares that are rubbish, empty nothing; the acknowledgement goes")
    func neverEmpty() async throws {
        let stage = try await DispatchStage(endpoints: 1)
        stage.dispatch()
        try await stage.write(1, [stage.member(0)])
        try await stage.acknowledged(1)
        let list = readText(stage.kamailio.listFile)
        let hostile = [
            "half a {", #"{"schema":2}"#,
            DispatchStage.text(2, [.init(name: "x\\n9 sip:6.6.6.6:5060 0 0 rweight=100", address: "127.0.0.1:5060")]),
            DispatchStage.text(2, [.init(name: "x;duid=y", address: "127.0.0.1:5060")]),
            DispatchStage.text(2, [.init(name: "x", address: "127.0.0.1:5060 0 0 a=b")]),
            DispatchStage.text(2, [.init(name: "x", address: "example.net:5060")]),
            DispatchStage.text(2, [.init(name: "x", address: "127.0.0.1:70000")]),
            DispatchStage.text(
                2, [.init(name: "x", address: "127.0.0.1:1"), .init(name: "x", address: "127.0.0.1:2")]),
        ]
        for text in hostile {
            try await stage.client.put(DispatchStage.sharesKey, text)
            try await eventually("nothing is acknowledged of \(text)") { try await stage.acknowledgement() == nil }
            #expect(readText(stage.kamailio.listFile) == list)
            try await stage.write(1, [stage.member(0)])
            try await stage.acknowledged(1)
        }
        try await stage.client.delete(DispatchStage.sharesKey)
        try await eventually("nothing is acknowledged") { try await stage.acknowledgement() == nil }
        #expect(try await stage.caller().run(calls: 10).failed == 0)
        #expect(readText(stage.kamailio.listFile) == list)
        try await stage.close()
    }

    @Test("A revision that goes backwards is what is acknowledged")
    func backwards() async throws {
        let stage = try await DispatchStage()
        stage.dispatch()
        let one = DispatchStage.Member(name: "a-asterisk-1", address: "127.0.0.1:15060")
        let two = DispatchStage.Member(name: "a-asterisk-2", address: "127.0.0.1:15061")
        try await stage.write(42, [one, two])
        try await stage.acknowledged(42)
        try await stage.write(17, [one])
        try await stage.acknowledged(17)
        #expect(try await stage.rpc.dispatcherSets().sets[1]?.map(\.uri) == ["sip:127.0.0.1:15060"])
        try await stage.close()
    }

    @Test(
        "A restart of Kamailio withdraws the acknowledgement, which comes back for the new one; a Kamailio that hangs has none"
    )
    func restarts() async throws {
        let stage = try await DispatchStage(endpoints: 1)
        stage.dispatch()
        try await stage.write(1, [stage.member(0)])
        try await stage.acknowledged(1)
        let before = try await stage.client.get(DispatchStage.acknowledgementKey)
        try await stage.kamailio.stop()
        try await eventually("it is withdrawn") { try await stage.acknowledgement() == nil }
        try await stage.kamailio.start()
        try await stage.acknowledged(1)
        #expect(try await stage.client.get(DispatchStage.acknowledgementKey)?.createRevision != before?.createRevision)
        stage.kamailio.freeze()
        try await eventually("a hung one has none") { try await stage.acknowledgement() == nil }
        stage.kamailio.thaw()
        try await stage.acknowledged(1)
        try await stage.close()
    }

    @Test(
        "P19: 1,000 changes in 10 s with somebody else's reloads in between: ours never overlap, the last change is in force, never an empty set, the same Kamailio"
    )
    func storm() async throws {
        let stage = try await DispatchStage()
        let counter = ReloadCounter()
        let forwarder = HTTPClient()
        let target = stage.kamailio.rpc
        let proxy = try await ReplayServer.start { request in
            let isReload = request.text.contains("dispatcher.reload")
            if isReload { counter.begin() }
            defer { if isReload { counter.end() } }
            let answer = try await forwarder.send(
                HTTPRequest(method: "POST", url: target, body: request.body, timeout: 2))
            return .json(String(decoding: answer.body, as: UTF8.self), status: answer.status)
        }
        stage.dispatch(rpc: proxy.url + "/RPC")
        let members = (1...5).map { DispatchStage.Member(name: "a-asterisk-\($0)", address: "127.0.0.1:\(15060 + $0)") }
        try await stage.write(1, members)
        try await stage.acknowledged(1)
        let pid = try await stage.rpc.run().pid
        let other = HTTPClient()
        let rpc = stage.kamailio.rpc
        let strangers = Task {
            var refused = 0
            while !Task.isCancelled {
                let body = #"{"jsonrpc":"2.0","method":"dispatcher.reload","id":1}"#
                let answer = try? await other.send(
                    HTTPRequest(method: "POST", url: rpc, body: Array(body.utf8), timeout: 2))
                if answer?.status != 200 { refused += 1 }
                try? await Task.sleep(for: .milliseconds(170))
            }
            return refused
        }
        let empties = Task {
            var found = 0
            while !Task.isCancelled {
                if let sets = try? await stage.rpc.dispatcherSets(), sets.sets[1]?.isEmpty ?? true { found += 1 }
                try? await Task.sleep(for: .milliseconds(25))
            }
            return found
        }
        let clock = ContinuousClock()
        let start = clock.now
        for revision in 2...1001 {
            var changed = members
            changed[revision % 5].state = revision % 2 == 0 ? "draining" : "in"
            try await stage.write(revision, changed)
            try await clock.sleep(until: start + .milliseconds(10 * (revision - 1)))
        }
        try await stage.acknowledged(1001)
        strangers.cancel()
        empties.cancel()
        _ = await strangers.value
        #expect(await empties.value == 0)
        #expect(try await stage.rpc.run().pid == pid)
        let sets = try await stage.rpc.dispatcherSets()
        #expect(sets.sets[1]?.count == 5)
        #expect(sets.sets[1]?.filter { $0.state == .disabled }.count == 0, "revision 1001 has all of them in")
        #expect(counter.most == 1, "one reload of ours at a time, of \(counter.count)")
        await proxy.stop()
        try await stage.close()
    }

    @Test("With 1,000 instances and no change the agent writes nothing to etcd: its lease is kept, and that is all")
    func idle() async throws {
        let stage = try await DispatchStage()
        stage.dispatch()
        try await stage.write(
            1, (1...1000).map { .init(name: "a-asterisk-\($0)", address: "127.0.\(1 + $0 / 200).\(1 + $0 % 200):5060") }
        )
        try await stage.acknowledged(1)
        let written = try #require(try await stage.client.get(DispatchStage.acknowledgementKey))
        // A report of traffic that is empty is written once.
        try await eventually("it has come to rest") { try await stage.client.get(DispatchStage.trafficKey) != nil }
        let before = try await stage.client.range(prefix: "/").revision
        // Longer than the lease lasts: it is kept.
        let end = ContinuousClock.now + .seconds(11)
        while ContinuousClock.now < end {
            #expect(try await stage.client.timeToLive(lease: written.lease).remainingTTL > 0)
            try await Task.sleep(for: .milliseconds(500))
        }
        #expect(try await stage.client.range(prefix: "/").revision == before)
        try await stage.close()
    }

    @Test("From shares written to acknowledged: far below the second that Kamailio asks for between two reloads")
    func latency() async throws {
        let stage = try await DispatchStage()
        stage.dispatch()
        var times: [Duration] = []
        let clock = ContinuousClock()
        for revision in 1...5 {
            try await stage.write(
                revision,
                (1...10).map { .init(name: "a-asterisk-\($0)", address: "127.0.0.1:\(15000 + 100 * revision + $0)") })
            let start = clock.now
            try await stage.acknowledged(revision)
            times.append(clock.now - start)
            // Past Kamailio's own limit of a reload each second.
            try await Task.sleep(for: .milliseconds(1100))
        }
        #expect(times.sorted()[2] < .milliseconds(250), "\(times)")
        try await stage.close()
    }
}
