import ClusterModel
import OrderedJSON

/// `spec.nodes`
struct NodesDraft: Sendable {
    var count: Written<Int>?
    var image: Written<String>?
    var format: Written<String>?
    var boot: Written<Boot>?
    var memory: Written<Int>?
    var vcpus: Written<Int>?
    var disk: Written<Int>?
    var addresses: Written<[Written<AddressRange>]>?
    var gateway: Written<IPv4>?
    var dns: Written<[Written<IPv4>]>?
    var provisioning: Written<String>?
    var sshAuthorizedKeys: Written<[Written<String>]>?
    var userData: Written<String>?
    var rollout: Written<RolloutDraft>?

    static let record = Record(
        NodesDraft(), later: ["firmware", "software", "protect", "updates"], machine + network + software)

    private static let machine: [Word<NodesDraft>] = [
        Word(
            "count", .number(0...10_000), into: \.count, required: true,
            "Virtual machines, spread evenly over the hypervisors."),
        Word(
            "image", .nodeImage, into: \.image, required: true,
            examples: ["/var/lib/libvirt/images/node.qcow2", "debian-12.qcow2"],
            "The disk that every node starts as a copy of: an absolute path of a file on this machine, which is uploaded, "
                + "or the name of a volume that the pool already has."),
        Word(
            "format", .choice(ImageFormat.allCases.map(\.rawValue)), into: \.format, default: "qcow2",
            "The image's format."),
        Word(
            "boot", .boot, into: \.boot, default: "disk",
            "'disk', or a kernel that the hypervisor loads itself. Its files are on the hypervisor's machine."),
        Word(
            "memory",
            .size(
                ["MiB": 1, "GiB": 1024], within: 64...16_777_216,
                "a size with its unit, such as 2GiB or 2048MiB, from 64MiB to 16384GiB"),
            into: \.memory, default: "2GiB", examples: ["2GiB", "2048MiB"], "Memory of each node."),
        Word("vcpus", .number(1...512), into: \.vcpus, default: 2, "Processors of each node."),
        Word(
            "disk",
            .size(
                ["GiB": 1, "TiB": 1024], within: 1...65_536,
                "a size with its unit, such as 20GiB or 1TiB, from 1GiB to 64TiB"),
            into: \.disk,
            default: "20GiB", examples: ["20GiB", "1TiB"],
            "Size of each node's disk; the image is its beginning."),
    ]

    private static let network: [Word<NodesDraft>] = [
        Word(
            "addresses", .addresses, into: \.addresses, required: true,
            examples: ["192.168.122.200-192.168.122.220", ["10.0.0.11/24", "10.0.0.20-10.0.0.29/24"]],
            "IPv4 addresses that nodes may take, as a range or a list of addresses and ranges; more than count lets a "
                + "node be replaced beside its old one. With /PREFIX where it is not the libvirt network's."),
        Word(
            "gateway", .address("an IPv4 address"), into: \.gateway, examples: ["192.168.122.1"],
            "Where the nodes send what is not for their network. Left out: the libvirt network's own address."),
        Word(
            "dns", Rule.address("an IPv4 address").oneOrMore, into: \.dns, examples: ["192.168.122.1"],
            "Name servers, one or a list. Left out: the gateway."),
    ]

    private static let software: [Word<NodesDraft>] = [
        Word(
            "provisioning", .choice(["nocloud"], later: ["cloud-config", "ignition"]), into: \.provisioning,
            default: "nocloud", "How a node learns who it is: a config drive as cloud-init's NoCloud reads it."),
        Word(
            "sshAuthorizedKeys", Rule.sshKey.list(), into: \.sshAuthorizedKeys, default: [],
            examples: [
                ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0FvFfFgk0nTqZ8mD1ZHpVYcT5h0jz5Gm8xLJc6h3nR you@example.net"]
            ],
            "Public keys that may log in to the nodes."),
        Word(
            "userData", .userData, into: \.userData,
            examples: ["#cloud-config\npackages: [tcpdump]\n", "#!/bin/sh\necho ready\n"],
            "Your own part of the nodes' first start, joined to Dialtone's: a #cloud-config or a script."),
        Word(
            "rollout", RolloutDraft.record("nodes").rule, into: \.rollout, "How a change reaches the nodes."),
    ]
}

extension Rule where Value == String {
    fileprivate static let nodeImage = text(
        Pattern(.choice([.path, .libvirtName])),
        "an absolute path, or the name of a volume (a mapping with a checksum is not in this version)",
        explain: { text in
            !text.hasPrefix("/") && text.contains("/") ? ", which is neither absolute nor a name" : ""
        })

    /// A line of authorized_keys (sshd(8)) without options.
    fileprivate static let sshKey = text(
        Pattern(
            .choice(["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-sha2-"].map { Pattern(.literal($0)) }),
            .run(Characters("a"..."z", "0"..."9", and: "-@."), 1...64), .literal(" "), .run(.base64, 16...Int.max),
            .choice([Pattern(.literal(" "), .run(.printable(), 0...Int.max)), Pattern()])),
        maximum: 16_384, "a public key on one line, such as ssh-ed25519 AAAA... you@example.net", isSecret: true,
        explain: { $0.contains("PRIVATE KEY") ? ", and a private key must never stand here" : "" })

    fileprivate static let userData = text(
        Pattern(
            .choice([
                Pattern(.literal("#cloud-config")),
                Pattern(.literal("#cloud-config"), .run(Characters(and: "\n "), 1...1), .run(.lines, 0...Int.max)),
                Pattern(.literal("#!"), .run(.lines, 1...Int.max)),
            ])),
        maximum: 1_048_576,
        "text that begins with a line #cloud-config or with #!, without control characters but line breaks and tabs",
        isSecret: true)
}

extension Characters {
    fileprivate static let lines = printable(and: "\n\t")
}

extension Rule where Value == Boot {
    fileprivate static let boot = either(
        mapping: KernelDraft.record.rule.map { draft, _, _ in
            draft.kernel.map {
                .kernel(path: $0.value, initrd: draft.initrd?.value, arguments: draft.arguments?.value ?? "")
            }
        },
        other: Rule<String>.choice(["disk"], bootAllowed).map { _, _, _ in .disk },
        bootAllowed)

    private static let bootAllowed = "disk, or a mapping with the keys kernel, initrd, arguments"
}

/// `spec.nodes.boot` with a kernel
private struct KernelDraft: Sendable {
    var kernel: Written<String>?
    var initrd: Written<String>?
    var arguments: Written<String>?

    static let record = Record(
        KernelDraft(),
        [
            Word(
                "kernel", .path("an absolute path on the hypervisor's machine"), into: \.kernel, required: true,
                examples: ["/var/lib/libvirt/images/vmlinuz"], "The kernel's file."),
            Word(
                "initrd", .path("an absolute path on the hypervisor's machine"), into: \.initrd,
                examples: ["/var/lib/libvirt/images/initrd.img"], "The first file system's file."),
            Word(
                "arguments", .text(Pattern(.run(.printable(), 0...Int.max)), "one line of text"),
                into: \.arguments, default: "", examples: ["console=ttyS0 root=/dev/vda1"],
                "The kernel's command line."),
        ])
}
