import ClusterModel
import FoundationEssentials
import Manifest
import Testing

/// The repository that these tests were built from.
let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// Loads one file of the name `m.yaml`.
func load(_ text: String, _ overrides: ManifestOverrides = ManifestOverrides()) throws(ManifestErrors) -> ClusterSpec {
    try load([("m.yaml", text)], overrides)
}

func load(
    _ files: [(name: String, text: String)], _ overrides: ManifestOverrides = ManifestOverrides()
) throws(ManifestErrors) -> ClusterSpec {
    try Manifest.load(
        sources: files.map { ManifestSource(name: $0.name, bytes: Array($0.text.utf8)) }, overrides: overrides)
}

/// The lines that loading `text` complains with; none when it loads.
func complaints(_ text: String) -> [String] {
    complaints(Array(text.utf8))
}

func complaints(_ bytes: [UInt8]) -> [String] {
    complaints { () throws(ManifestErrors) in
        _ = try Manifest.load(sources: [ManifestSource(name: "m.yaml", bytes: bytes)])
    }
}

func complaints(_ body: () throws(ManifestErrors) -> Void) -> [String] {
    do {
        try body()
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

/// The manifest of DESIGN.md, section 3, with the connections that this version needs.
let sample = """
    apiVersion: dialtone/v1
    kind: Cluster
    metadata: {name: astricon}
    spec:
      connections: {etcd: "http://127.0.0.1:2379", fleet: "unix:/run/fleet.sock"}
      nodes: {count: 4, image: /var/lib/libvirt/images/node.qcow2, addresses: 192.168.122.200-192.168.122.220}
      asterisk: {replicas: 3, image: registry.example.net/asterisk:20.9}
      canary: {replicas: 1, image: registry.example.net/asterisk:22.1, weight: 10}

    """
