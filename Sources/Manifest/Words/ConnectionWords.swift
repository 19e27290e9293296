import ClusterModel
import OrderedJSON

/// `spec.connections`
struct ConnectionsDraft: Sendable {
    var libvirt: Written<String>?
    var etcd: Written<[Written<String>]>?
    var fleet: Written<String>?
    var tls: Written<TLSDraft>?

    static let record = Record(
        ConnectionsDraft(),
        [
            Word(
                "libvirt", .libvirtURI, into: \.libvirt, default: "qemu:///system",
                examples: ["qemu:///system", "qemu+ssh://root@hv1.example.net/system"],
                "URI of the libvirt that carries the nodes; hypervisors may name their own."),
            Word(
                "etcd", Rule.endpoint.oneOrMore, into: \.etcd,
                examples: [
                    "http://127.0.0.1:2379", ["https://etcd1.example.net:2379", "https://etcd2.example.net:2379"],
                ],
                "Client URL of an etcd that is not on the cluster's nodes, or a list of its members' URLs. Required in "
                    + "this version, here or by a flag or variable."),
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
