import ClusterModel
import OrderedJSON

/// `spec.connections`
struct ConnectionsDraft: Sendable {
    var libvirt: Written<String>?
    var etcd: Written<[Written<String>]>?
    var fleet: Written<String>?
    var tls: Written<TLSDraft>?

    private static let etcdRule = Rule.endpoint.oneOrMore

    /// Reads what an override hides, in the place of the word.
    static func readEtcd(_ node: Node, _ findings: inout Findings) -> [String]? {
        for key in ["spec", "connections", "etcd"] { findings.enter(key: key, at: node.place) }
        defer { for _ in 0..<3 { findings.leave() } }
        return etcdRule.read(node, &findings)?.map(\.value)
    }

    static let record = Record(
        ConnectionsDraft(),
        [
            Word(
                "libvirt", .libvirtURI, into: \.libvirt, default: "qemu:///system",
                examples: ["qemu:///system", "qemu+ssh://root@hv1.example.net/system"],
                "URI of the libvirt that carries the nodes; hypervisors may name their own."),
            Word(
                "etcd", etcdRule, into: \.etcd,
                examples: [
                    "http://127.0.0.1:2379", ["https://etcd1.example.net:2379", "https://etcd2.example.net:2379"],
                ],
                "Client URL of an etcd that is not on the cluster's nodes, or a list of its members' URLs. Required in "
                    + "this version, here or by a flag or variable. Nodes and agents are told what stands here; a flag or "
                    + "variable beside it is the way of one process only."),
            Word(
                "fleet", .fleet, into: \.fleet, examples: ["unix:/run/fleet.sock", "http://192.168.122.10:49153"],
                "Where fleet's API answers. Required in this version, here or by a flag or variable."),
            Word("tls", TLSDraft.record.rule, into: \.tls, "PEM files for https endpoints of etcd."),
        ])
}

/// `spec.connections.tls`
struct TLSDraft: Sendable {
    var ca: Written<String>?
    var certificate: Written<String>?
    var key: Written<String>?

    static let record = Record(
        TLSDraft(),
        [
            Word(
                "ca", .path("an absolute path of a PEM file"), into: \.ca, examples: ["/etc/dialtone/ca.pem"],
                "Certificates that sign etcd's. Left out: those that the machine trusts."),
            Word(
                "certificate", .path("an absolute path of a PEM file"), into: \.certificate,
                examples: ["/etc/dialtone/client.pem"], "Our own certificate; goes with key."),
            Word(
                "key", .path("an absolute path of a PEM file"), into: \.key,
                examples: ["/etc/dialtone/client-key.pem"], "The key of our own certificate."),
        ])
}

/// One of `spec.hypervisors`
struct HypervisorDraft: Sendable {
    var name: Written<String>?
    var uri: Written<String>?
    var pool: Written<String>?
    var network: Written<String>?
    var virtualization: Written<String>?

    static let record = Record(
        HypervisorDraft(), later: ["capacity", "drain", "fence"],
        [
            Word(
                "name", .label(maximum: 63), into: \.name, required: true, examples: ["hv1"],
                "What plans and messages call it."),
            Word(
                "uri", .libvirtURI, into: \.uri, examples: ["qemu+ssh://root@hv1.example.net/system"],
                "How its libvirt is reached. Left out: connections.libvirt."),
            Word(
                "pool", .libvirtName("the name of a storage pool, without '/'"), into: \.pool, default: "default",
                "Storage pool for disks, base images and config drives. It must exist."),
            Word(
                "network", .libvirtName("the name of a network, without '/'"), into: \.network, default: "default",
                "The libvirt network of the nodes. It must exist."),
            Word(
                "virtualization", .choice(Virtualization.allCases.map(\.rawValue)), into: \.virtualization,
                default: "kvm",
                "What runs the nodes' instructions: kvm, the processor itself, or qemu, which emulates one: slow, but on "
                    + "machines without KVM too."),
        ])
}
