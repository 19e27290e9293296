import FoundationEssentials

/// A manifest to be: JSON is YAML's flow style, so a library writes it. What a lab decides is left out.
struct ManifestText: Sendable {
    var name = "e2e"
    var nodes = 2
    var replicas = 1
    var image = "registry.example.net/asterisk:20.9"
    var env: [String: String] = [:]
    var runtime: String?
    var perNode: Int?
    /// `asterisk.rollout.maxUnavailable`
    var maxUnavailable: Int?
    /// `asterisk.drain`
    var drain: Drain?
    /// `asterisk.probe`
    var probe: Probe?
    var discovery: [String]?
    var canary: Canary?
    var vcpus: Int?
    var memory: String?
    var disk: String?
    var userData: String?
    var sshAuthorizedKeys: [String]?
    /// `nodes.rollout.maxUnavailable`
    var nodesMaxUnavailable: Int?
    var maxDestroy: Int?
    /// `kamailio.external`, by name.
    var dispatchers: [String] = []
    /// `kamailio.replicas`, with an image
    var kamailios = 0
    /// `kamailio.listen`
    var listen: Int?

    struct Drain: Encodable, Sendable {
        var timeout: String?
        var onTimeout: String?
    }

    struct Probe: Encodable, Sendable {
        var `extension`: String
    }

    struct Canary: Encodable, Sendable {
        var replicas = 1
        var image = "registry.example.net/asterisk:22.1"
        var weight: Int?
        var env: [String: String]?
        var steps: [Step]?

        struct Step: Encodable, Sendable {
            var weight: Int
            var pause: String
            var calls: Int
        }
    }

    var text: String {
        let document = Document(
            metadata: .init(name: name),
            spec: .init(
                nodes: .init(
                    count: nodes, vcpus: vcpus, memory: memory, disk: disk, userData: userData,
                    sshAuthorizedKeys: sshAuthorizedKeys,
                    rollout: nodesMaxUnavailable.map(Document.Rollout.init)),
                asterisk: .init(
                    replicas: replicas, image: image, env: env.isEmpty ? nil : env, runtime: runtime, perNode: perNode,
                    rollout: maxUnavailable.map(Document.Rollout.init), drain: drain, probe: probe),
                canary: canary, safety: maxDestroy.map(Document.Safety.init),
                kamailio: dispatchers.isEmpty && kamailios == 0 ? nil : kamailio,
                discovery: discovery))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        // Texts and whole numbers alone: nothing in it can fail to encode.
        let bytes = (try? encoder.encode(document)) ?? Data()
        return String(decoding: bytes, as: UTF8.self) + "\n"
    }

    private var kamailio: Document.Kamailio {
        var kamailio = Document.Kamailio()
        if !dispatchers.isEmpty { kamailio.external = dispatchers.map { .init(name: $0) } }
        if kamailios > 0 {
            kamailio.replicas = kamailios
            kamailio.image = "registry.example.net/kamailio:5.6.3"
            kamailio.listen = listen
        }
        return kamailio
    }

    private struct Document: Encodable {
        var apiVersion = "dialtone/v1"
        var kind = "Cluster"
        var metadata: Metadata
        var spec: Spec

        struct Metadata: Encodable {
            var name: String
        }

        struct Spec: Encodable {
            var nodes: Nodes
            var asterisk: Asterisk
            var canary: Canary?
            var safety: Safety?
            var kamailio: Kamailio?
            var discovery: [String]?
        }

        struct Kamailio: Encodable {
            struct External: Encodable {
                var name: String
            }

            var external: [External]?
            var replicas: Int?
            var image: String?
            var listen: Int?
        }

        struct Nodes: Encodable {
            var count: Int
            var vcpus: Int?
            var memory: String?
            var disk: String?
            var userData: String?
            var sshAuthorizedKeys: [String]?
            var rollout: Rollout?
        }

        struct Asterisk: Encodable {
            var replicas: Int
            var image: String
            var env: [String: String]?
            var runtime: String?
            var perNode: Int?
            var rollout: Rollout?
            var drain: Drain?
            var probe: Probe?
        }

        struct Rollout: Encodable {
            var maxUnavailable: Int
        }

        struct Safety: Encodable {
            var maxDestroy: Int
        }
    }
}
