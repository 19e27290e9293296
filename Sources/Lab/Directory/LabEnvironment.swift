import FoundationEssentials

/// Where a lab's systems answer.
public struct LabEnvironment: Sendable, Hashable, Codable {
    /// libvirt's URI.
    public var libvirt: String
    /// An etcd client URL.
    public var etcd: String
    /// fleet's API.
    public var fleet: String
    /// The lab's directory.
    public var directory: String

    private var variables: [(name: String, value: String)] {
        [
            ("DIALTONE_LIBVIRT", libvirt), ("DIALTONE_ETCD", etcd), ("DIALTONE_FLEET", fleet),
            ("DIALTONE_LAB", directory),
        ]
    }

    /// Lines that a shell can source; they export what they set.
    var shellLines: String {
        let lines = variables.map { "\($0.name)=\(LabEnvironment.quoted($0.value))\n" }
        return lines.joined() + "export \(variables.map(\.name).joined(separator: " "))\n"
    }

    /// Reads what `shellLines` wrote.
    init?(shellLines text: String) {
        var values: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let sides = line.split(separator: "=", maxSplits: 1)
            guard sides.count == 2, sides[1].count >= 2, sides[1].hasPrefix("'"), sides[1].hasSuffix("'") else {
                continue
            }
            values[String(sides[0])] = String(sides[1].dropFirst().dropLast()).replacing("'\\''", with: "'")
        }
        guard let libvirt = values["DIALTONE_LIBVIRT"], let etcd = values["DIALTONE_ETCD"],
            let fleet = values["DIALTONE_FLEET"], let directory = values["DIALTONE_LAB"]
        else { return nil }
        self.init(libvirt: libvirt, etcd: etcd, fleet: fleet, directory: directory)
    }

    public init(libvirt: String, etcd: String, fleet: String, directory: String) {
        self.libvirt = libvirt
        self.etcd = etcd
        self.fleet = fleet
        self.directory = directory
    }

    /// In single quotes, in which a shell changes nothing.
    private static func quoted(_ text: String) -> String {
        "'" + text.replacing("'", with: "'\\''") + "'"
    }
}

/// The files that a lab writes for others.
enum LabDocuments {
    /// The base image of nodes that boot nothing: 64 KiB that say what they are.
    static var image: [UInt8] {
        let line = Array("A node image of a dialtone lab: the test driver starts machines without reading it.\n".utf8)
        return Array((0..<(65_536 / line.count + 1)).flatMap { _ in line }.prefix(65_536))
    }

    /// `lab.yaml`: the part of a manifest that the lab decides. YAML's flow style is JSON, which a library writes.
    static func writeManifest(
        _ connections: LabEnvironment, network: LabNetwork, layout: LabLayout
    ) throws(LabError) {
        let manifest = Manifest(
            spec: .init(
                connections: .init(libvirt: connections.libvirt, etcd: [connections.etcd], fleet: connections.fleet),
                hypervisors: [
                    .init(name: "default", uri: connections.libvirt, pool: "default-pool", network: LabNetwork.name)
                ],
                nodes: .init(image: layout.image, addresses: network.range, gateway: network.gateway)))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            let text = Array("# What this lab decides; `--lab` puts it on top of a manifest.\n".utf8)
            try LabFile.replace(layout.manifest, with: text + encoder.encode(manifest) + [10])
        } catch let error as LabError {
            throw error
        } catch {
            throw LabError("cannot write \(layout.manifest): \(error)")
        }
    }

    private struct Manifest: Encodable {
        struct Spec: Encodable {
            var connections: Connections
            var hypervisors: [Hypervisor]
            var nodes: Nodes
        }

        struct Connections: Encodable {
            var libvirt: String
            var etcd: [String]
            var fleet: String
        }

        struct Hypervisor: Encodable {
            var name: String
            var uri: String
            var pool: String
            var network: String
        }

        struct Nodes: Encodable {
            var image: String
            var boot = "disk"
            var memory = "256MiB"
            var addresses: String
            var gateway: String
        }

        var spec: Spec
    }
}
