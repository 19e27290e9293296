/// What an instance of Asterisk was made from; stands in its unit, as `NodeInputs` stands in a domain.
public struct InstanceInputs: Sendable, Hashable, Codable {
    public var image: String
    public var env: [String: String]
    public var runtime: ContainerRuntime
    public var node: String
    /// The node's address: the container uses the host's network.
    public var address: IPv4
    /// Which of its node's instances it is, from 0: ports move with it.
    public var slot: Int
    @Endpoints public var etcd: [String]
    public var defaulted: FieldNames

    public init(
        image: String, env: [String: String], runtime: ContainerRuntime, node: String, address: IPv4, slot: Int,
        etcd: [String], defaulted: FieldNames
    ) {
        self.image = image
        self.env = env
        self.runtime = runtime
        self.node = node
        self.address = address
        self.slot = slot
        self.etcd = etcd
        self.defaulted = defaulted
    }

    public var ports: InstancePorts { InstancePorts(slot: slot) }

    /// What differs from the inputs `applied` before. A value of the environment is not shown.
    public func changes(from applied: InstanceInputs) -> [Change] {
        guard self != applied else { return [] }
        var changes = Changes(defaulted: defaulted, before: applied.defaulted)
        changes.add("image", applied.image, image)
        changes.add("runtime", applied.runtime.rawValue, runtime.rawValue)
        changes.add("node", applied.node, node)
        changes.add("address", "\(applied.address)", "\(address)")
        changes.add("port", "\(applied.ports.sip)", "\(ports.sip)")
        changes.add("etcd", applied.etcd.listed, etcd.listed)
        for name in Set(env.keys).union(applied.env.keys).sorted() where env[name] != applied.env[name] {
            let (old, new) = (applied.env[name], env[name])
            changes.found.append(
                Change(
                    field: "env.\(name)", from: old == nil ? "none" : "(set)",
                    to: new == nil ? "none" : "(changed)", by: .manifest))
        }
        return changes.found
    }
}

/// The ports of one instance. Instances of one node share its address.
public struct InstancePorts: Sendable, Hashable {
    public var sip: Int
    public var ami: Int
    public var ari: Int
    /// First and last RTP port; 500 pairs an instance.
    public var rtp: ClosedRange<Int>

    public init(slot: Int) {
        sip = 5060 + 10 * slot
        ami = 5038 + 10 * slot
        ari = 8088 + 10 * slot
        rtp = (20000 + 1000 * slot % 40000)...(20999 + 1000 * slot % 40000)
    }
}
