/// A domain's mark: what makes it ours. Kept as a metadata element in the namespace `urn:dialtone:1`.
public struct NodeMark: Sendable, Hashable, Codable {
    /// The format that this version writes.
    public static let format = 1

    public var cluster: String
    public var node: String
    public var format: Int
    /// Set just before each start; `nil` while the node is still being made.
    public var startedAt: Instant?
    /// Its domain was written anew since then: what runs, if it runs, is what it was before.
    public var awaitsRestart: Bool
    public var inputs: NodeInputs
    public var owns: Owned

    public init(
        cluster: String, node: String, format: Int = NodeMark.format, startedAt: Instant? = nil,
        awaitsRestart: Bool = false, inputs: NodeInputs, owns: Owned
    ) {
        self.cluster = cluster
        self.node = node
        self.format = format
        self.startedAt = startedAt
        self.awaitsRestart = awaitsRestart
        self.inputs = inputs
        self.owns = owns
    }
}

/// What a node owns beside its domain: volumes and reservations cannot carry marks, so its mark names them.
public struct Owned: Sendable, Hashable, Codable {
    public var pool: String
    /// The node's own disk.
    public var overlay: String
    public var drive: String
    /// A base image that Dialtone uploaded; removed with the last node that names it. `nil`: a volume of the user's.
    public var image: String?
    public var network: String
    public var reservation: Reservation

    public init(
        pool: String, overlay: String, drive: String, image: String?, network: String, reservation: Reservation
    ) {
        self.pool = pool
        self.overlay = overlay
        self.drive = drive
        self.image = image
        self.network = network
        self.reservation = reservation
    }

    public var volumes: [String] { [overlay, drive] + (image.map { [$0] } ?? []) }
}

/// An address that a libvirt network gives to one MAC address alone.
public struct Reservation: Sendable, Hashable, Codable {
    /// Lower case, colons.
    public var mac: String
    public var name: String
    public var address: IPv4

    public init(mac: String, name: String, address: IPv4) {
        self.mac = mac
        self.name = name
        self.address = address
    }
}

/// A unit's mark: its `[X-Dialtone]` section.
public struct UnitMark: Sendable, Hashable, Codable {
    public enum Component: String, Sendable, Hashable, Codable {
        case asterisk, announcer
    }

    public var cluster: String
    public var component: Component
    public var track: Track
    public var node: String
    public var inputs: InstanceInputs
    /// Hash of all options but this section's: what an announcer registers, and how a change by others is seen.
    public var hash: String
    /// Of an announcer: the hash of the unit that it announces.
    public var announces: String?
    /// Of an announcer: what it was told; `nil`: nothing but its instance.
    public var announcing: AnnouncerInputs?
    public var putAt: Instant

    public init(
        cluster: String, component: Component, track: Track, node: String, inputs: InstanceInputs, hash: String,
        announces: String? = nil, announcing: AnnouncerInputs? = nil, putAt: Instant
    ) {
        self.cluster = cluster
        self.component = component
        self.track = track
        self.node = node
        self.inputs = inputs
        self.hash = hash
        self.announces = announces
        self.announcing = announcing
        self.putAt = putAt
    }
}

extension UnitMark {
    /// Whether a unit with this mark need not be written for one with the other: they differ in when they were put alone.
    public func means(_ other: UnitMark) -> Bool {
        var same = other
        same.putAt = putAt
        return same == self
    }
}
