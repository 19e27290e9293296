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
    /// What deals the calls.
    public var kamailios: [Dealer] = []

    /// A Kamailio, with its dispatch agent.
    public struct Dealer: Sendable, Hashable, Codable {
        /// As `kamailio.external` has it.
        public var name: String
        /// Where it takes calls, as `HOST:PORT`.
        public var sip: String
        /// Its JSON-RPC over HTTP.
        public var rpc: String
    }
    /// The versions of Asterisk that are real in it; all other Asterisk units are SIP endpoints of our own.
    public var asterisk: [String]

    private var variables: [(name: String, value: String)] {
        let systems = [
            ("DIALTONE_LIBVIRT", libvirt), ("DIALTONE_ETCD", etcd), ("DIALTONE_FLEET", fleet),
            ("DIALTONE_LAB", directory), ("LAB_ASTERISK", asterisk.joined(separator: " ")),
        ]
        // The first has the plain names, a second one LAB_SIP_2.
        return kamailios.enumerated().reduce(into: systems) { all, item in
            let end = item.offset == 0 ? "" : "_\(item.offset + 1)"
            all += [("LAB_SIP\(end)", item.element.sip), ("LAB_KAMAILIO_RPC\(end)", item.element.rpc)]
        }
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
        let asterisk = (values["LAB_ASTERISK"] ?? "").split(separator: " ").map(String.init)
        self.init(libvirt: libvirt, etcd: etcd, fleet: fleet, directory: directory, asterisk: asterisk)
        var number = 1
        while case let end = number == 1 ? "" : "_\(number)", let sip = values["LAB_SIP\(end)"],
            let rpc = values["LAB_KAMAILIO_RPC\(end)"]
        {
            kamailios.append(Dealer(name: "kamailio-\(number)", sip: sip, rpc: rpc))
            number += 1
        }
    }

    public init(
        libvirt: String, etcd: String, fleet: String, directory: String, kamailios: [Dealer] = [],
        asterisk: [String] = []
    ) {
        self.kamailios = kamailios
        self.libvirt = libvirt
        self.etcd = etcd
        self.fleet = fleet
        self.directory = directory
        self.asterisk = asterisk
    }

    /// In single quotes, in which a shell changes nothing.
    private static func quoted(_ text: String) -> String {
        "'" + text.replacing("'", with: "'\\''") + "'"
    }
}

/// The files that a lab writes for others.
enum LabDocuments {
    /// The storage pool of real machines.
    static let pool = "default"

    /// What the lab's nodes are made from.
    enum Nodes {
        case test(image: String)
        case machines(NodeImage, isEmulated: Bool)
    }

    /// The base image of nodes that boot nothing: 64 KiB that say what they are.
    static var image: [UInt8] {
        let line = Array("A node image of a dialtone lab: the test driver starts machines without reading it.\n".utf8)
        return Array((0..<(65_536 / line.count + 1)).flatMap { _ in line }.prefix(65_536))
    }

    /// `lab.yaml`: the part of a manifest that the lab decides. YAML's flow style is JSON, which a library writes.
    static func writeManifest(
        _ connections: LabEnvironment, nodes: Nodes, network: LabNetwork, layout: LabLayout
    ) throws(LabError) {
        var hypervisor = Manifest.Hypervisor(
            name: "default", uri: connections.libvirt, pool: pool, network: LabNetwork.name)
        var spec: Manifest.Nodes
        var comment = "# What this lab decides; `--lab` puts it on top of a manifest.\n"
        switch nodes {
        case .test(let image):
            hypervisor.pool = "default-pool"
            spec = Manifest.Nodes(image: image, addresses: network.range, gateway: network.gateway)
        case .machines(let image, let isEmulated):
            hypervisor.virtualization = isEmulated ? "qemu" : "kvm"
            spec = Manifest.Nodes(image: image.disk, addresses: network.range, gateway: network.gateway)
            spec.format = "qcow2"
            spec.vcpus = 1
            spec.disk = "1GiB"
            spec.boot = .kernel(
                .init(kernel: image.kernel, initrd: image.initrd, arguments: NodeImage.arguments))
            comment +=
                "# Nodes are real machines on \(network.prefix).0/24, in a network of the lab's own. Their images are tiny: what a unit runs is a\n"
                + "# process of this host, which answers on \(network.serviceAddress(of: network.prefix + ".N")) for the node \(network.prefix).N.\n"
        }
        let manifest = Manifest(
            spec: .init(
                connections: .init(libvirt: connections.libvirt, etcd: [connections.etcd], fleet: connections.fleet),
                hypervisors: [hypervisor], nodes: spec,
                kamailio: connections.kamailios.isEmpty
                    ? nil : .init(external: connections.kamailios.map { .init(name: $0.name) })))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            try LabFile.replace(layout.manifest, with: Array(comment.utf8) + encoder.encode(manifest) + [10])
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
            var kamailio: Kamailio?
        }

        struct Kamailio: Encodable {
            struct External: Encodable {
                var name: String
            }

            var external: [External]
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
            var virtualization: String?
        }

        /// `disk`, or a kernel that the hypervisor loads.
        enum Boot: Encodable {
            struct Kernel: Encodable {
                var kernel: String
                var initrd: String
                var arguments: String
            }

            case disk
            case kernel(Kernel)

            func encode(to encoder: any Encoder) throws {
                switch self {
                case .disk:
                    var container = encoder.singleValueContainer()
                    try container.encode("disk")
                case .kernel(let kernel): try kernel.encode(to: encoder)
                }
            }
        }

        struct Nodes: Encodable {
            var image: String
            var format: String?
            var boot = Boot.disk
            var vcpus: Int?
            var disk: String?
            var memory = "256MiB"
            var addresses: String
            var gateway: String
        }

        var spec: Spec
    }
}
