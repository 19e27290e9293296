import OrderedJSON

/// The words of a whole manifest.
struct ClusterDraft: Sendable {
    var apiVersion: Written<String>?
    var kind: Written<String>?
    var metadata: Written<MetadataDraft>?
    var spec: Written<SpecDraft>?

    static let record = Record(
        ClusterDraft(),
        [
            Word(
                "apiVersion", .choice(["dialtone/v1"]), into: \.apiVersion, required: true,
                "The version of these words."),
            Word("kind", .choice(["Cluster"]), into: \.kind, required: true, "What the file describes."),
            Word(
                "metadata", MetadataDraft.record.rule, into: \.metadata, required: true, "What the cluster is called."),
            Word("spec", SpecDraft.record.rule, into: \.spec, required: true, "What the cluster shall be."),
        ])
}

/// `metadata`
struct MetadataDraft: Sendable {
    var name: Written<String>?

    static let record = Record(
        MetadataDraft(),
        [
            Word(
                "name", .label(maximum: 40), into: \.name, required: true, examples: ["astricon"],
                "First part of every name that Dialtone gives: nodes are NAME-node-1, instances NAME-asterisk-1. "
                    + "Another name is another cluster.")
        ])
}

/// `spec`
struct SpecDraft: Sendable {
    var connections: Written<ConnectionsDraft>?
    var hypervisors: Written<[Written<HypervisorDraft>]>?
    var nodes: Written<NodesDraft>?
    var asterisk: Written<TrackDraft>?
    var canary: Written<TrackDraft>?
    var kamailio: Written<KamailioDraft>?
    var emergencyNumbers: Written<[Written<String>]>?
    var safety: Written<SafetyDraft>?
    var discovery: Written<[Written<String>]>?

    static let record = Record(
        SpecDraft(), later: ["pools", "etcd", "homer"],
        [
            Word(
                "connections", ConnectionsDraft.record.rule, into: \.connections,
                "How the systems are reached. Flags (--libvirt, --etcd, --fleet) and variables (DIALTONE_LIBVIRT, "
                    + "DIALTONE_ETCD, DIALTONE_FLEET) win over it. etcd and fleet must be given in one of these ways."),
            Word(
                "hypervisors", HypervisorDraft.record.rule.list(atLeast: 1), into: \.hypervisors,
                "The libvirts that carry nodes. Left out: one, called default, reached by connections.libvirt."),
            Word("nodes", NodesDraft.record.rule, into: \.nodes, required: true, "The virtual machines."),
            Word(
                "asterisk", TrackDraft.stable.rule, into: \.asterisk, required: true,
                "The Asterisk instances of the stable version."),
            Word(
                "canary", TrackDraft.canary.rule, into: \.canary,
                "Instances of a second version, on top of the stable ones, for a part of the calls."),
            Word(
                "kamailio", KamailioDraft.record.rule, into: \.kamailio,
                "What deals the calls. Left out: nothing of Dialtone's; the shares are written to etcd for others to use."
            ),
            Word(
                "emergencyNumbers", Rule.dialled.list(atLeast: 1), into: \.emergencyNumbers,
                examples: [["112", "911"]],
                "Called numbers that never meet a canary while anything stable answers."),
            Word("safety", SafetyDraft.record.rule, into: \.safety, "Limits on what one plan may do."),
            Word(
                "discovery", Rule.choice(["dialtone", "kamailio-etcd-dispatcher"]).list(atLeast: 1), into: \.discovery,
                default: ["dialtone"], examples: [["dialtone", "kamailio-etcd-dispatcher"]],
                "Where instances are announced: in Dialtone's own keys, always, and in those of kamailio-etcd-dispatcher in "
                    + "etcd's v2 store too, so that an old dispatcher can serve a new cluster."),
        ])
}

/// `spec.safety`
struct SafetyDraft: Sendable {
    var maxDestroy: Written<Int>?

    static let record = Record(
        SafetyDraft(), later: ["requireApproval", "windows", "freeze"],
        [
            Word(
                "maxDestroy", .number(0...10_000), into: \.maxDestroy, default: 3,
                "Nodes and instances that may be destroyed or replaced in a whole plan and the last hour. "
                    + "A plan that needs more does none of them and asks.")
        ])
}
