/// What a Kamailio of ours was made from; stands in its unit. Its configuration is a function of this, rendered on its node.
public struct KamailioInputs: Sendable, Hashable, Codable {
    public var image: String
    public var runtime: ContainerRuntime
    public var node: String
    /// The node's address: the container uses the host's network.
    public var address: IPv4
    /// The UDP port on which it takes calls.
    public var port: Int
    /// IPv4 networks whose requests are not counted for flooding; empty: nobody's are.
    public var trusted: [String]
    public var etcd: [String]
    public var defaulted: FieldNames

    public init(
        image: String, runtime: ContainerRuntime, node: String, address: IPv4, port: Int, trusted: [String],
        etcd: [String], defaulted: FieldNames
    ) {
        self.image = image
        self.runtime = runtime
        self.node = node
        self.address = address
        self.port = port
        self.trusted = trusted
        self.etcd = etcd
        self.defaulted = defaulted
    }

    /// What differs from the inputs `applied` before.
    public func changes(from applied: KamailioInputs) -> [Change] {
        guard self != applied else { return [] }
        var changes = Changes(defaulted: defaulted, before: applied.defaulted)
        changes.add("image", applied.image, image)
        changes.add("runtime", applied.runtime.rawValue, runtime.rawValue)
        changes.add("node", applied.node, node)
        changes.add("address", "\(applied.address)", "\(address)")
        changes.add("listen", "\(applied.port)", "\(port)")
        changes.add("trusted", applied.trusted.listed, trusted.listed)
        changes.add("etcd", applied.etcd.listed, etcd.listed)
        return changes.found
    }
}

/// The mark of a Kamailio's unit, and of the agent's beside it.
public struct KamailioMark: Sendable, Hashable, Codable {
    public enum Component: String, Sendable, Hashable, Codable {
        case kamailio, dispatcher
    }

    public var cluster: String
    public var component: Component
    public var inputs: KamailioInputs
    /// Hash of all options but our own section's.
    public var hash: String
    /// Of an agent: the hash of the unit that it stands beside.
    public var serves: String?
    public var putAt: Instant

    public init(
        cluster: String, component: Component, inputs: KamailioInputs, hash: String, serves: String? = nil,
        putAt: Instant
    ) {
        self.cluster = cluster
        self.component = component
        self.inputs = inputs
        self.hash = hash
        self.serves = serves
        self.putAt = putAt
    }

    public var node: String { inputs.node }

    /// Whether a unit with this mark need not be written for one with the other: they differ in when they were put alone.
    public func means(_ other: KamailioMark) -> Bool {
        var same = other
        same.putAt = putAt
        return same == self
    }
}
