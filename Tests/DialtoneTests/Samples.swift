import ClusterModel

/// A small cluster, `a`, for views to show.
enum Samples {
    /// 2026-01-02T03:04:05Z
    static let now = Instant(seconds: 1_767_323_045)

    static func node(_ n: Int, uploads: Bool = false) -> NodeDefinition {
        NodeDefinition(
            name: "a-node-\(n)", hypervisor: "hv1", uuid: "00000000-0000-5000-8000-00000000000\(n)", mark: mark(n),
            upload: uploads
                ? ImageUpload(
                    path: "/images/node.qcow2", volume: "dialtone-0123.qcow2",
                    file: ImageFile(sha256: "0123", bytes: 3 << 29)) : nil,
            userData: Secret("password: hunter2"))
    }

    static func mark(_ n: Int) -> NodeMark {
        let address = IPv4(number: 0x0a00_000a + UInt32(n))
        let inputs = NodeInputs(
            pool: "default", network: "default", image: "dialtone-0123.qcow2", format: .qcow2, boot: .disk,
            memoryMiB: 2048, vcpus: 2, diskGiB: 20, address: address, prefix: 24, gateway: IPv4(number: 0x0a00_0001),
            dns: [],
            sshAuthorizedKeys: [], userData: "hmac-sha256:00", etcd: ["http://10.0.0.2:2379"], defaulted: [])
        return NodeMark(
            cluster: "a", node: "a-node-\(n)", startedAt: now.advanced(bySeconds: -600), inputs: inputs,
            owns: Owned(
                pool: "default", overlay: "a-node-\(n).qcow2", drive: "a-node-\(n)-drive-00.iso",
                image: "dialtone-0123.qcow2", network: "default",
                reservation: Reservation(mac: "52:54:00:00:00:0\(n)", name: "a-node-\(n)", address: address)))
    }

    static func reference(_ n: Int) -> NodeReference {
        NodeReference(name: "a-node-\(n)", hypervisor: "hv1", uuid: node(n).uuid, owns: mark(n).owns)
    }

    static func instance(_ n: Int, _ track: Track = .stable, image: String = "asterisk:20.9") -> InstanceDefinition {
        InstanceDefinition(
            name: "a-asterisk-\(n)", announcer: "a-announcer-\(n)", cluster: "a", track: track,
            inputs: inputs(n, image), hash: "hash-\(n)")
    }

    static func inputs(_ n: Int, _ image: String) -> InstanceInputs {
        InstanceInputs(
            image: image, env: ["TOKEN": "hunter2"], runtime: .docker, node: "a-node-\(n)",
            address: mark(n).inputs.address, slot: 0, etcd: ["http://10.0.0.2:2379"], defaulted: [])
    }

    static func shares(_ members: [Shares.Member], canary: Int = 0) -> Shares {
        Shares(revision: 7, draw: .init(stable: 100 - canary, canary: canary), instances: members)
    }

    /// A plan with a line of every kind.
    static let plan = Plan(
        cluster: "a", createdAt: now,
        steps: [
            .init(
                atMost: 0,
                actions: [
                    Action(.createNode(node(2, uploads: true)), reason: "is in the manifest and not there"),
                    Action(
                        .restartNode(node(1)), reason: "somebody changed its domain",
                        changes: [Change(field: "memory", from: "1024 MiB", to: "2048 MiB", by: .others)]),
                    Action(.completeNode(reference(3), node(3)), reason: "was left half-made"),
                    Action(.startNode(node(4)), reason: "is not running"),
                    Action(.updateNode(node(5)), reason: "its address reservation is gone"),
                    Action(
                        .replaceNode(reference(6), node(6)),
                        reason: "the manifest changed what a running machine cannot take on",
                        changes: [Change(field: "disk", from: "10 GiB", to: "20 GiB", by: .manifest)]),
                    Action(.destroyNode(reference(7)), reason: "is more than the manifest asks for"),
                    Action(.removeInstance(name: "a-asterisk-8", node: "a-node-7"), reason: "is too many"),
                    Action(.removeAnnouncer(name: "a-announcer-9"), reason: "no instance stands beside it"),
                    Action(.placeAnnouncer(instance(1)), reason: "its announcer is not there"),
                ],
                waits: [
                    Wait(
                        .join(node: "a-node-9"), since: now.advanced(bySeconds: -12), limit: 300,
                        assumes: "boots and joins")
                ]),
            .init(
                atMost: 0, actions: [],
                waits: [Wait(.join(node: "a-node-2"), since: now, limit: 300, assumes: "boots and joins")]),
            .init(
                atMost: 300,
                actions: [
                    Action(.placeInstance(instance(2, .canary)), reason: "is in the manifest and not there"),
                    Action(
                        .replaceInstance(instance(1, image: "asterisk:22.1")), reason: "the manifest changed",
                        changes: [
                            Change(field: "image", from: "asterisk:20.9", to: "asterisk:22.1", by: .manifest),
                            Change(field: "env.TOKEN", from: "(set)", to: "(changed)", by: .manifest),
                        ]),
                ],
                waits: [
                    Wait(
                        .registration(instance: "a-asterisk-2"), since: nil, limit: 120,
                        assumes: "starts and registers"),
                    Wait(
                        .departure(instance: "a-asterisk-8"), since: nil, limit: 60,
                        assumes: "its state and its key go away"),
                ]),
            .init(
                atMost: 420,
                actions: [
                    Action(
                        .writeShares(
                            shares(
                                [
                                    .init(name: "a-asterisk-1", address: "10.0.0.11:5060", track: .stable),
                                    .init(name: "a-asterisk-2", address: "10.0.0.12:5060", track: .canary),
                                ], canary: 10)),
                        reason: "the manifest asks for another split",
                        changes: [
                            Change(
                                field: "draw", from: "stable 100 %, canary 0 %", to: "stable 90 %, canary 10 %",
                                by: .manifest),
                            Change(field: "a-asterisk-1", from: "draining", to: "in", by: .manifest),
                            Change(field: "a-asterisk-2", from: "none", to: "in", by: .manifest),
                        ])
                ], waits: []),
            .init(
                atMost: 420, actions: [Action(.forgetCluster(name: "a"), reason: "nothing of it is left")], waits: []),
        ],
        holds: [
            Hold(
                "a-node-10", .conflict, action: "create", because: "domain a-node-10 is there and not ours",
                location: "cluster.yaml:5:10"),
            Hold("nodes", .unknown, action: "create 2 nodes", because: "hypervisor hv2 cannot be read"),
        ],
        unknowns: [
            .init(source: "libvirt (hv2)", reason: "no route to host", lastKnown: now.advanced(bySeconds: -90)),
            .init(source: "fleet", reason: "it does not answer", lastKnown: nil),
        ],
        assumptions: ["every node boots and joins in time"])
}
