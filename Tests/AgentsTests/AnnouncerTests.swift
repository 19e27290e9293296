import Asterisk
import Etcd
import FoundationEssentials
import SIP
import Synchronization
import TestSupport
import Testing

@testable import Agents

/// An announcer beside an endpoint, a real etcd and an ARI that says what it is told to.
final class AnnouncerStage: Sendable {
    let etcd: RealEtcd
    let client: EtcdClient
    let endpoint: SIPEndpoint
    let ari: ReplayServer
    /// The answer of `/ari/channels`.
    let box: Channels
    private let task = Mutex<Task<Void, Never>?>(nil)

    static let instanceKey = "/dialtone/a/instances/a-asterisk-1"
    static let callsKey = "/dialtone/a/calls/a-asterisk-1"

    static func make(etcd: RealEtcd? = nil) async throws -> AnnouncerStage {
        let running: RealEtcd
        if let etcd { running = etcd } else { running = try await RealEtcd.start() }
        let endpoint = try await SIPEndpoint.start(address: "127.0.0.1", port: 0, version: "20.9.0")
        let box = Channels(channels: "[]")
        let ari = try await ReplayServer.start { _ in
            if box.isStalled { try? await Task.sleep(for: .seconds(30)) }
            return .json(box.text)
        }
        return AnnouncerStage(etcd: running, endpoint: endpoint, ari: ari, box: box)
    }

    final class Channels: Sendable {
        private let value: Mutex<String>
        private let stalled = Mutex(false)
        /// Whether it takes questions and answers none.
        var isStalled: Bool { stalled.withLock { $0 } }
        func stall(_ isStalled: Bool) { stalled.withLock { $0 = isStalled } }
        init(channels: String) { value = Mutex(channels) }
        var text: String { value.withLock { $0 } }
        func set(_ text: String) { value.withLock { $0 = text } }
    }

    private init(etcd: RealEtcd, endpoint: SIPEndpoint, ari: ReplayServer, box: Channels) {
        self.etcd = etcd
        self.endpoint = endpoint
        self.ari = ari
        self.box = box
        client = EtcdClient(endpoints: [etcd.url])
    }

    /// Starts an announcer in a quick rhythm.
    /// - Parameter ami: the port of an AMI.
    func announce(ami: Int? = nil, _ change: (inout AnnouncerConfiguration) -> Void = { _ in }) {
        var configuration = DocumentTests.configuration
        configuration.address = "127.0.0.1"
        configuration.port = endpoint.port
        configuration.timing.probe = 0.05
        configuration.timing.probeTimeout = 0.5
        configuration.timing.renewal = 0.2
        configuration.timing.calls = 0.3
        configuration.timing.callsAtEnd = 0.2
        configuration.timing.farewell = 3
        change(&configuration)
        let announcer = Announcer(
            configuration: configuration, etcd: EtcdClient(endpoints: [etcd.url]),
            ari: AsteriskRest(url: ari.url, timeout: .milliseconds(200)),
            ami: ami.map {
                AsteriskManager(
                    host: "127.0.0.1", port: $0, credentials: .init(user: "a", secret: "b"),
                    timeout: .milliseconds(200))
            })
        task.withLock { $0 = Task { await announcer.run() } }
    }

    func end() async {
        let task = task.withLock { $0 }
        task?.cancel()
        await task?.value
    }

    func close() async {
        await end()
        await endpoint.close(hangingUp: false)
        await ari.stop()
        await client.close()
    }

    func registered(_ what: String = "the instance is registered", unlike lease: Int64? = nil) async throws
        -> EtcdKeyValue
    {
        try await eventually(what) {
            let entry = try await client.get(Self.instanceKey)
            return entry?.lease == lease ? nil : entry
        }
    }

    func calls() async throws -> [String: Int]? {
        struct Calls: Decodable { var calls: Int }
        guard let entry = try await client.get(Self.callsKey) else { return nil }
        return ["calls": try JSONDecoder().decode(Calls.self, from: Data(entry.value)).calls]
    }
}

@Suite(.timeLimit(.minutes(1))) struct AnnouncerTests {
    @Test(
        "It registers under a lease of ten seconds what the contract says, with its calls, and takes both away when it ends"
    )
    func registers() async throws {
        let stage = try await AnnouncerStage.make()
        stage.announce()
        let entry = try await stage.registered()
        let text = String(decoding: entry.value, as: UTF8.self)
        let boot = readText("/proc/sys/kernel/random/boot_id").filter { !$0.isWhitespace }
        #expect(text.hasPrefix(#"{"schema":1,"address":"127.0.0.1","port":\#(stage.endpoint.port),"node":"a-node-1","#))
        #expect(text.contains(#""version":"20.9.0","health":"answering","unit":"abc","boot":"\#(boot)","since":""#))
        #expect(try await stage.client.timeToLive(lease: entry.lease).grantedTTL == 10)
        try await eventually("the calls are there") { try await stage.calls() == ["calls": 0] }
        let calls = try #require(try await stage.client.get(AnnouncerStage.callsKey))
        #expect(calls.lease == entry.lease)
        await stage.end()
        #expect(try await stage.client.count(prefix: "/dialtone/").count == 0)
        await stage.close()
    }

    @Test("Calls are written again when they change, and not otherwise")
    func calls() async throws {
        let stage = try await AnnouncerStage.make()
        stage.announce()
        try await eventually("the calls are there") { try await stage.calls() == ["calls": 0] }
        let asked = stage.ari.requests.count
        try await eventually("they were asked for again and again") { stage.ari.requests.count > asked + 5 }
        #expect(try await stage.client.get(AnnouncerStage.callsKey)?.version == 1)
        stage.box.set(
            #"[{"id":"1","protocol_id":"x","state":"Up","creationtime":"2026-11-24T16:48:13.631+0000"}]"#)
        try await eventually("the call is there") { try await stage.calls() == ["calls": 1] }
        let text = String(decoding: try await stage.client.get(AnnouncerStage.callsKey)?.value ?? [], as: UTF8.self)
        #expect(text.contains(#""oldest":"2026-11-24T16:48:13.631Z""#))
        await stage.close()
    }

    @Test("Three failed probes withdraw the instance, and an answer registers it under another lease")
    func drains() async throws {
        let stage = try await AnnouncerStage.make()
        stage.announce()
        let first = try await stage.registered()
        await stage.endpoint.behave(SIPBehaviour(isDraining: true))
        try await eventually("it is gone") { try await stage.client.count(prefix: "/dialtone/").count == 0 }
        await stage.endpoint.behave(SIPBehaviour())
        let second = try await stage.registered()
        #expect(second.lease != first.lease)
        await stage.close()
    }

    @Test("A key that was deleted, or overwritten without a lease, or whose lease was revoked, comes back")
    func comesBack() async throws {
        let stage = try await AnnouncerStage.make()
        stage.announce()
        var entry = try await stage.registered()
        try await stage.client.delete(AnnouncerStage.instanceKey)
        entry = try await stage.registered("it is back after deletion", unlike: entry.lease)
        try await stage.client.put(AnnouncerStage.instanceKey, "mine")
        entry = try await eventually("it is back after it was overwritten") {
            let now = try await stage.client.get(AnnouncerStage.instanceKey)
            return now?.lease == 0 || now?.lease == entry.lease ? nil : now
        }
        try await stage.client.revokeLease(entry.lease)
        entry = try await stage.registered("it is back after its lease", unlike: entry.lease)
        try await eventually("its calls too") {
            try await stage.client.get(AnnouncerStage.callsKey)?.lease == entry.lease
        }
        await stage.close()
    }

    @Test("A key that another announcer holds is left alone, and taken up when that one has gone")
    func taken() async throws {
        let stage = try await AnnouncerStage.make()
        stage.announce()
        _ = try await stage.registered()
        let other = try await stage.client.grantLease(ttl: 30).id
        try await stage.client.put(AnnouncerStage.instanceKey, "theirs", lease: other)
        try await eventually("it noticed, and counts no calls any more") {
            let asked = stage.ari.requests.count
            try await Task.sleep(for: .milliseconds(300))
            return stage.ari.requests.count == asked
        }
        #expect(try await stage.client.get(AnnouncerStage.instanceKey)?.value == Array("theirs".utf8))
        try await stage.client.revokeLease(other)
        #expect(try await stage.registered().value != Array("theirs".utf8))
        await stage.close()
    }

    @Test("It goes on while etcd is away: before the first registration, and later")
    func etcdAway() async throws {
        let etcd = try await RealEtcd.start()
        try await etcd.kill()
        let stage = try await AnnouncerStage.make(etcd: etcd)
        stage.announce()
        try await etcd.restart()
        let entry = try await stage.registered()
        try await etcd.kill()
        try await etcd.restart()
        try await stage.client.revokeLease(entry.lease)
        _ = try await stage.registered("it is registered anew", unlike: entry.lease)
        await stage.close()
    }

    @Test("An instance that refuses is not registered before it answers")
    func refusing() async throws {
        let stage = try await AnnouncerStage.make()
        await stage.endpoint.behave(SIPBehaviour(isDraining: true))
        stage.announce()
        for _ in 0..<20 {
            let probe = await SIPProbe.options(host: "127.0.0.1", port: stage.endpoint.port, timeout: .seconds(1))
            #expect(probe == .answered(status: 503, server: "Asterisk PBX 20.9.0"))
            #expect(try await stage.client.count(prefix: "/dialtone/").count == 0)
        }
        await stage.endpoint.behave(SIPBehaviour())
        // A new store is at revision 1: nothing was written before.
        #expect(try await stage.registered().createRevision == 2)
        await stage.close()
    }
}

@Suite(.timeLimit(.minutes(1))) struct OldDiscoveryTests {
    private static func configuration(_ endpoint: SIPEndpoint) -> AnnouncerConfiguration {
        var configuration = DocumentTests.configuration
        configuration.address = "127.0.0.1"
        configuration.port = endpoint.port
        configuration.timing.probe = 0.05
        configuration.timing.probeTimeout = 0.5
        return configuration
    }

    @Test("One that ends while it writes the old keys for the first time leaves none of them")
    func endsInTheMiddle() async throws {
        let etcd = try await RealEtcd.start(extraArguments: ["--enable-v2"])
        let v2 = EtcdV2Client(endpoints: [etcd.url])
        let endpoint = try await SIPEndpoint.start(address: "127.0.0.1", port: 0, version: "20.9.0")
        let configuration = Self.configuration(endpoint)
        let key = "asterisk/\(configuration.name)/ip"
        for _ in 0..<10 {
            let announcer = Announcer(configuration: configuration, etcd: EtcdClient(endpoints: [etcd.url]), v2: v2)
            let task = Task { await announcer.run() }
            // The first of the keys is there, and most often not yet the last.
            let end = ContinuousClock.now + .seconds(10)
            while ContinuousClock.now < end, try await v2.get(key) == nil { await Task.yield() }
            task.cancel()
            await task.value
            #expect(try await v2.get(key) == nil)
            guard try await v2.get(key) == nil else { break }
        }
        await endpoint.close(hangingUp: false)
        await v2.close()
    }

    @Test("An old dispatcher finds an instance by the keys that it knows, complete last, while it answers")
    func keys() async throws {
        let etcd = try await RealEtcd.start(extraArguments: ["--enable-v2"])
        let v2 = EtcdV2Client(endpoints: [etcd.url])
        let endpoint = try await SIPEndpoint.start(address: "127.0.0.1", port: 0, version: "20.9.0")
        let configuration = Self.configuration(endpoint)
        let announcer = Announcer(configuration: configuration, etcd: EtcdClient(endpoints: [etcd.url]), v2: v2)
        let task = Task { await announcer.run() }
        let root = "asterisk/\(configuration.name)"
        let first = try await eventually("a heartbeat") { try await v2.get("\(root)/heartbeat") }
        #expect(UUID(uuidString: first) != nil)
        #expect(try await v2.get("\(root)/ip") == "127.0.0.1")
        #expect(try await v2.get("\(root)/port") == "\(endpoint.port)")
        #expect(try await v2.get("\(root)/complete") == "true")
        #expect(try await v2.get("\(root)/weight") == nil)
        await endpoint.behave(SIPBehaviour(isDraining: true))
        try await eventually("it is withdrawn") { try await v2.get("\(root)/complete") == nil }
        await endpoint.behave(SIPBehaviour())
        try await eventually("it is back") { try await v2.get("\(root)/complete") == "true" }
        task.cancel()
        await task.value
        #expect(try await v2.get("\(root)/ip") == nil)
        await endpoint.close(hangingUp: false)
        await v2.close()
    }
}

extension AnnouncerTests {
    @Test("Asked to end while calls are up, it goes on counting them, and withdraws when the last has ended")
    func seesCallsOff() async throws {
        let stage = try await AnnouncerStage.make()
        stage.box.set(
            #"[{"id":"1","protocol_id":"a","state":"Up","creationtime":"2026-11-24T16:48:13.631+0000"},{"id":"2","protocol_id":"b","state":"Up","creationtime":"2026-11-24T16:48:13.631+0000"}]"#
        )
        stage.announce()
        _ = try await stage.registered()
        try await eventually("two calls are said") { try await stage.calls() == ["calls": 2] }
        let end = Task { await stage.end() }
        stage.box.set(
            #"[{"id":"1","protocol_id":"a","state":"Up","creationtime":"2026-11-24T16:48:13.631+0000"}]"#)
        try await eventually("then one") { try await stage.calls() == ["calls": 1] }
        #expect(try await stage.client.get(AnnouncerStage.instanceKey) != nil)
        stage.box.set("[]")
        await end.value
        #expect(try await stage.client.count(prefix: "/dialtone/").count == 0)
        await stage.close()
    }
}

extension AnnouncerTests {
    @Test(
        "It says what its probe call came to: three that failed in turn are a failure, and one that goes well after them mends it"
    )
    func probeCall() async throws {
        let stage = try await AnnouncerStage.make()
        var behaviour = SIPBehaviour()
        behaviour.refusal = .init(status: 404, oneIn: 1)
        await stage.endpoint.behave(behaviour)
        stage.announce {
            $0.probe = "9000"
            $0.timing.call = 0.05
            $0.timing.callAfterFailure = 0.2
        }
        func told() async throws -> String? {
            try await stage.client.get(AnnouncerStage.instanceKey).map { String(decoding: $0.value, as: UTF8.self) }
        }
        try await eventually("the failure is told") {
            try await told()?.contains(
                #""failure":"INVITE sip:9000@127.0.0.1:\#(stage.endpoint.port) was answered 404""#)
                == true
        }
        let failed = try #require(try await stage.client.get(AnnouncerStage.instanceKey))
        await stage.endpoint.behave(SIPBehaviour())
        try await eventually("it went well") {
            try await told()?.contains(#""probe":{"extension":"9000","failure":null}"#) == true
        }
        #expect(
            try await stage.client.get(AnnouncerStage.instanceKey)?.lease == failed.lease, "it is the same registration"
        )
        #expect(await stage.endpoint.calls().isEmpty)
        await stage.close()
    }
}
