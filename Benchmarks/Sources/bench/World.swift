import ClusterModel
import Etcd
import FoundationEssentials
import Libvirt
import Synchronization
import TestSupport

/// Real libvirt (its test driver behind a daemon of its own) and a real etcd, with a stand-in for fleet, and a manifest for them.
struct World: Sendable {
    static let cluster = "astricon"
    let libvirtd: RealLibvirtd
    let etcd: RealEtcd
    let fleet: FleetStandIn
    let directory: TemporaryDirectory
    let keeper: Keeper
    let manifest: String

    var libvirtURI: String { libvirtd.testURI }

    /// Nothing of the cluster is there yet.
    /// - Parameter isTraced: libvirtd writes a line for each call.
    static func empty(nodes: Int, replicas: Int, isTraced: Bool = false) async throws -> World {
        let directory = try TemporaryDirectory()
        let libvirtd = try await RealLibvirtd.start(isTraced: isTraced)
        let keeper = Keeper(uri: libvirtd.testURI)
        try await keeper.open()
        let etcd = try await RealEtcd.start()
        let fleet = try await FleetStandIn.start(
            cluster: cluster, nodes: nodes, etcd: EtcdClient(endpoints: [etcd.url]))
        let image = try directory.write(String(repeating: "image", count: 13_107), to: "node.qcow2")
        let manifest = try directory.write(
            text(nodes, replicas, image, libvirtd, etcd, fleet), to: "cluster.yaml")
        // The lab's part of a manifest, of which only its volumes are used: the test driver takes no uploads.
        try directory.write("spec: {}\n", to: "lab.yaml")
        return World(
            libvirtd: libvirtd, etcd: etcd, fleet: fleet, directory: directory, keeper: keeper, manifest: manifest)
    }

    /// Converged: `dialtone apply` has made everything.
    static func converged(nodes: Int, replicas: Int, isTraced: Bool = false) async throws -> World {
        let world = try await empty(nodes: nodes, replicas: replicas, isTraced: isTraced)
        try world.apply.run()
        return world
    }

    var apply: Program {
        .dialtone("apply", "-f", manifest, "--lab", directory.path, "--yes", "--timeout", "10m")
    }

    func stop() async throws {
        await keeper.close()
        await fleet.stop()
        try await libvirtd.kill()
        try await etcd.kill()
    }

    private static func text(
        _ nodes: Int, _ replicas: Int, _ image: String, _ libvirtd: RealLibvirtd, _ etcd: RealEtcd,
        _ fleet: FleetStandIn
    ) -> String {
        """
        apiVersion: dialtone/v1
        kind: Cluster
        metadata: {name: \(cluster)}
        spec:
          connections: {etcd: ["\(etcd.url)"], fleet: "\(fleet.url)"}
          hypervisors: [{name: default, uri: "\(libvirtd.testURI)", pool: default-pool, network: bench}]
          nodes: {count: \(nodes), image: "\(image)", addresses: 10.128.1.1-10.128.40.250/16}
          asterisk: {replicas: \(replicas), image: "registry.example.net/asterisk:20.9"}

        """
    }
}

/// Keeps the test driver's state, which lives as long as one connection is open.
final class Keeper: Sendable {
    private let uri: String
    private let connection = Mutex<LibvirtConnection?>(nil)

    init(uri: String) {
        self.uri = uri
    }

    /// Opens a connection, and defines the nodes' network.
    func open() async throws {
        let connection = LibvirtConnection(uri: uri)
        try await connection.defineNetwork(xml: try Self.network.rendered())
        try await connection.startNetwork("bench")
        self.connection.withLock { $0 = connection }
    }

    func close() async { await connection.withLock { $0.take() }?.close() }

    /// Forgets all that is in the driver.
    func reset() async throws {
        await close()
        try await open()
    }

    private static let network = XMLElement(
        "network", [:],
        [
            XMLElement("name", text: "bench"),
            XMLElement(
                "ip", ["address": "10.128.0.1", "netmask": "255.255.0.0"],
                [XMLElement("dhcp", [:], [XMLElement("range", ["start": "10.128.200.1", "end": "10.128.200.250"])])]),
        ])
}
