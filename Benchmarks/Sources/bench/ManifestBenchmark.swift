import ClusterModel
import Manifest
import TestSupport

/// A manifest of 10,000 lines, checked and expanded, against libyaml loading it as a document.
enum ManifestBenchmark {
    static func run(_ report: Report) async throws {
        let directory = try TemporaryDirectory()
        for (name, text) in [("settings", settings), ("addresses", addresses)] {
            let path = try directory.write(text, to: "\(name).yaml")
            let source = ManifestSource(name: path, bytes: Array(text.utf8))
            let floor = Program.floor("yaml", path)
            let pairs = try await Pairs.measure(rounds: 21) {
                try floor.ownTime()
            } ours: {
                try computing { try Manifest.load(sources: [source]) }
            }
            report.add("manifest of 10,000 lines (\(name)) / libyaml's document", pairs, limit: 2)
        }
    }

    private static let head = """
        apiVersion: dialtone/v1
        kind: Cluster
        metadata: {name: astricon}
        spec:
          connections: {etcd: ["http://127.0.0.1:2379"], fleet: "http://127.0.0.1:49153"}

        """

    /// Nearly all of it variables of the containers.
    private static var settings: String {
        let lines = (0..<9_990).map { "      SETTING_\($0): \"value number \($0) of many\"\n" }
        return head + """
              nodes: {count: 3, image: /images/node.qcow2, addresses: 10.128.0.11-10.128.0.20/16}
              asterisk:
                replicas: 3
                image: registry.example.net/asterisk:20.9
                env:

            """ + lines.joined()
    }

    /// Nearly all of it a list of addresses.
    private static var addresses: String {
        let lines = (0..<9_990).map { "      - \(IPv4(number: 0x0A80_0010 + UInt32($0)))/16\n" }
        return head + """
              asterisk: {replicas: 3, image: "registry.example.net/asterisk:20.9"}
              nodes:
                count: 3
                image: /images/node.qcow2
                addresses:

            """ + lines.joined()
    }
}
