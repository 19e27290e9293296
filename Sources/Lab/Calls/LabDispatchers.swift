import Etcd
import FoundationEssentials
import Glibc

/// Runs the dispatch agents beside the lab's Kamailios, for the cluster that has its shares in the lab's etcd.
///
/// A Kamailio deals for one cluster: the first one, until its shares are gone and another has some.
actor LabDispatchers {
    /// What it needs of the lab around it.
    struct Surroundings: Sendable {
        var layout: LabLayout
        var environment: [String: String]
        /// The program that `dialtone dispatch` is.
        var executable: String
        var etcd: String
        var record: @Sendable (LabChild, _ runs: Bool) async -> Void
    }

    private let kamailios: [LabKamailio]
    private let surroundings: Surroundings
    private let client: EtcdClient
    private var cluster: String?
    private var agents: [Task<Void, Never>] = []

    init(_ kamailios: [LabKamailio], surroundings: Surroundings) {
        self.kamailios = kamailios
        self.surroundings = surroundings
        client = EtcdClient(endpoints: [surroundings.etcd])
    }

    /// Runs until cancelled; then every agent has ended.
    func run() async {
        while !Task.isCancelled, !kamailios.isEmpty {
            do {
                try await look()
                for try await signal in client.watch(prefix: "/dialtone/") where concerns(signal) { try await look() }
            } catch {
                try? await Task.sleep(for: .milliseconds(500))
            }
        }
        await endAgents()
    }

    private func concerns(_ signal: EtcdWatchSignal) -> Bool {
        switch signal {
        case .events(let events, _): events.contains { LabDispatchers.cluster(ofShares: $0.keyValue.key) != nil }
        case .watching, .compacted: true
        case .interrupted: false
        }
    }

    private func look() async throws(EtcdError) {
        let keys = try await client.range(prefix: "/dialtone/").keyValues.map(\.key)
        let clusters = keys.compactMap(LabDispatchers.cluster(ofShares:))
        if let cluster, clusters.contains(cluster) { return }
        guard let next = clusters.first else { return }
        await endAgents()
        cluster = next
        agents = kamailios.map { kamailio in Task { await self.runAgent(kamailio, next) } }
    }

    private func endAgents() async {
        for agent in agents { agent.cancel() }
        for agent in agents { await agent.value }
        agents = []
    }

    /// `/dialtone/<cluster>/shares`
    private static func cluster(ofShares key: String) -> String? {
        let parts = key.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[1] == "dialtone" && parts[3] == "shares" ? String(parts[2]) : nil
    }

    private nonisolated func runAgent(_ kamailio: LabKamailio, _ cluster: String) async {
        while !Task.isCancelled {
            do throws(LabError) {
                let child = try LabChild(
                    name: "dispatch-\(kamailio.name)",
                    command: [
                        surroundings.executable, "dispatch", "--cluster", cluster, "--name", kamailio.name,
                        "--list", kamailio.listFile, "--rpc", kamailio.rpc, "--etcd", surroundings.etcd,
                        "--reload-delta", "\(LabKamailio.reloadDelta)",
                    ], environment: surroundings.environment,
                    log: surroundings.layout.log("dispatch-\(kamailio.name)"))
                await surroundings.record(child, true)
                let status = await withTaskCancellationHandler {
                    await child.waitForExit()
                } onCancel: {
                    child.identity.signal(SIGTERM)
                    // One that does not go when asked is killed.
                    Task { await child.stop() }
                }
                await surroundings.record(child, false)
                if !Task.isCancelled { LabSay.line("\(child.name) ended with status \(status)") }
            } catch {
                LabSay.line("dispatch beside \(kamailio.name) failed: \(error)")
            }
            try? await Task.sleep(for: .seconds(1))
        }
    }
}
