import FoundationEssentials

/// A manifest of what the lab does not decide, and of what a test decides in its place. JSON is YAML's flow style.
struct Manifest: Sendable {
    var nodes = 1
    /// Of Asterisk 16.
    var replicas = 0
    var perNode = 1
    /// Of Asterisk 22.
    var canaries = 0
    var memory: String?
    var vcpus: Int?
    var image: String?
    var addresses: String?
    var userData: String?
    var pool: String?
    var network: String?
    /// libvirt's, needed where `pool` or `network` replace the lab's.
    var libvirt: String?

    var text: String {
        var nodes: [String: Value] = ["count": .number(self.nodes)]
        nodes["memory"] = memory.map(Value.text)
        nodes["vcpus"] = vcpus.map(Value.number)
        nodes["image"] = image.map(Value.text)
        nodes["addresses"] = addresses.map(Value.text)
        nodes["userData"] = userData.map(Value.text)
        var spec: [String: Value] = [
            "nodes": .map(nodes),
            "asterisk": .map([
                "replicas": .number(replicas), "perNode": .number(perNode),
                "image": .text("registry.example.net/asterisk:16.28"),
            ]),
        ]
        if canaries > 0 {
            spec["canary"] = .map([
                "replicas": .number(canaries), "image": .text("registry.example.net/asterisk:22.10"),
                "weight": .number(10),
            ])
        }
        if let libvirt {
            spec["hypervisors"] = .list([
                .map([
                    "name": .text("default"), "uri": .text(libvirt), "pool": .text(pool ?? "default"),
                    "network": .text(network ?? "dialtone"), "virtualization": .text("qemu"),
                ])
            ])
        }
        let document: [String: Value] = [
            "apiVersion": .text("dialtone/v1"), "kind": .text("Cluster"), "metadata": .map(["name": .text("q")]),
            "spec": .map(spec),
        ]
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts and whole numbers alone: nothing in it can fail to encode.
        return String(decoding: (try? encoder.encode(document)) ?? Data(), as: UTF8.self) + "\n"
    }

    private enum Value: Encodable {
        case text(String)
        case number(Int)
        case map([String: Value])
        case list([Value])

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .text(let value): try container.encode(value)
            case .number(let value): try container.encode(value)
            case .map(let value): try container.encode(value)
            case .list(let value): try container.encode(value)
            }
        }
    }
}
