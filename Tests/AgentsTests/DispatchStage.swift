import Etcd
import FoundationEssentials
import Kamailio
import SIP
import Synchronization
import TestSupport

@testable import Agents

/// A real Kamailio with the rendered configuration, a real etcd, an agent between them, and SIP endpoints.
final class DispatchStage: Sendable {
    let etcd: RealEtcd
    let client: EtcdClient
    let kamailio: RealKamailio
    let rpc: KamailioClient
    let endpoints: [SIPEndpoint]
    private let task = Mutex<Task<Void, Never>?>(nil)

    static let sharesKey = "/dialtone/a/shares"
    static let acknowledgementKey = "/dialtone/a/dispatchers/k1"
    static let trafficKey = "/dialtone/a/traffic/k1"

    /// - Parameter endpoints: instances that answer; `a-asterisk-1` is the first.
    init(endpoints count: Int = 0, timers: ProbeTimers = ProbeTimers()) async throws {
        etcd = try await RealEtcd.start()
        client = EtcdClient(endpoints: [etcd.url])
        kamailio = try RealKamailio()
        rpc = KamailioClient(url: kamailio.rpc)
        var endpoints: [SIPEndpoint] = []
        for _ in 0..<count {
            endpoints.append(try await SIPEndpoint.start(address: "127.0.0.1", port: 0, version: "20.9.0"))
        }
        self.endpoints = endpoints
        var settings = try KamailioSettings(
            listen: [.init(.udp, host: "127.0.0.1", port: kamailio.sipPort)],
            rpc: .init(.tcp, host: "127.0.0.1", port: kamailio.rpcPort), listFile: kamailio.listFile,
            directory: kamailio.directory.path)
        settings.timers = timers
        settings.children = 2
        let configuration = KamailioConfiguration(settings)
        try kamailio.directory.write(configuration.main, to: KamailioConfiguration.mainName)
        try kamailio.directory.write(configuration.route, to: KamailioConfiguration.routeName)
        try ListFile(path: kamailio.listFile, sets: .init()).makeIfMissing()
        try await kamailio.start()
    }

    /// Starts the agent, in a quick rhythm.
    /// - Parameter rpc: where it asks Kamailio, if not itself.
    func dispatch(rpc: String? = nil) {
        var configuration = DispatcherConfiguration(
            cluster: "a", name: "k1", listFile: kamailio.listFile, reloadDelta: 1)
        configuration.timing.poll = 0.2
        configuration.timing.renewal = 0.5
        configuration.timing.traffic = 0.3
        let dispatcher = Dispatcher(
            configuration: configuration, etcd: EtcdClient(endpoints: [etcd.url]),
            kamailio: KamailioClient(url: rpc ?? kamailio.rpc, timeout: .milliseconds(500)))
        task.withLock { $0 = Task { await dispatcher.run() } }
    }

    func end() async {
        let task = task.withLock { $0 }
        task?.cancel()
        await task?.value
    }

    func close() async throws {
        await end()
        try await kamailio.stop()
        for endpoint in endpoints { await endpoint.close(hangingUp: false) }
        await client.close()
        await rpc.close()
    }

    /// One instance of `shares`.
    struct Member: Sendable {
        var name: String
        var address: String
        var track = "stable"
        var state = "in"
    }

    /// The endpoint as an instance.
    func member(_ index: Int, track: String = "stable", state: String = "in") -> Member {
        Member(
            name: "a-asterisk-\(index + 1)", address: "127.0.0.1:\(endpoints[index].port)", track: track, state: state)
    }

    static func text(_ revision: Int, canary: Int = 0, _ members: [Member], more: String = "") -> String {
        let instances = members.map {
            #"{"name":"\#($0.name)","address":"\#($0.address)","track":"\#($0.track)","state":"\#($0.state)","drainingSince":null}"#
        }.joined(separator: ",")
        return
            #"{"schema":1,"revision":\#(revision),"draw":{"stable":\#(100 - canary),"canary":\#(canary)},"instances":[\#(instances)]\#(more)}"#
    }

    func write(_ revision: Int, canary: Int = 0, _ members: [Member], more: String = "") async throws {
        try await client.put(Self.sharesKey, Self.text(revision, canary: canary, members, more: more))
    }

    struct Acknowledgement: Decodable, Equatable {
        var schema: Int
        var revision: Int
        var kamailio: String
        var route: Int?
        var startedAt: String
        var acknowledgedAt: String
    }

    func acknowledgement() async throws -> Acknowledgement? {
        guard let entry = try await client.get(Self.acknowledgementKey) else { return nil }
        return try JSONDecoder().decode(Acknowledgement.self, from: Data(entry.value))
    }

    @discardableResult
    func acknowledged(_ revision: Int, deadline: Duration = .seconds(10)) async throws -> Acknowledgement {
        try await eventually("revision \(revision) is acknowledged", deadline: deadline, every: .milliseconds(5)) {
            let found = try await acknowledgement()
            return found?.revision == revision ? found : nil
        }
    }

    func caller() -> SippCaller { SippCaller(target: "127.0.0.1:\(kamailio.sipPort)") }

    /// How many calls each endpoint answered, in their order.
    func answered(_ outcome: SippCaller.Outcome) -> [Int] {
        endpoints.map { outcome.answered["127.0.0.1:\($0.port)"] ?? 0 }
    }
}
