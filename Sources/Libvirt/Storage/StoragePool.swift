import FoundationEssentials

/// A storage pool with what it holds, in bytes.
public struct StoragePool: Sendable, Hashable {
    public let name: String
    public let uuid: UUID
    public let isActive: Bool
    /// The attribute `type`: `dir`, `logical`, ...
    public let kind: String
    public let capacity: UInt64
    public let allocation: UInt64
    public let available: UInt64
    /// Where its volumes lie on the hypervisor's host, for a pool that has such a place.
    public let path: String?
}

/// A volume of a pool, as it lies there.
public struct StorageVolume: Sendable, Hashable {
    public let name: String
    public let pool: String
    /// libvirt's own key, which names the volume over all pools.
    public let key: String
    /// On the hypervisor's host.
    public let path: String
    /// The size that a guest sees, in bytes.
    public let capacity: UInt64
    /// What it takes in its pool, in bytes.
    public let allocation: UInt64
    /// As libvirt found it: `raw`, `qcow2`, `iso`, ...
    public let format: String?
    public let backing: Backing?

    /// The volume behind an overlay.
    public struct Backing: Sendable, Hashable {
        public let path: String
        public let format: String?

        public init(path: String, format: String?) {
            self.path = path
            self.format = format
        }
    }
}

/// A volume to be created.
public struct VolumeDefinition: Sendable, Hashable {
    public var name: String
    /// The size that a guest sees, in bytes.
    public var capacity: UInt64
    public var format: VolumeFormat
    /// What an overlay lies on; only for qcow2.
    public var backing: StorageVolume.Backing?
    /// What is taken at once, in bytes; without it libvirt decides (all of it for raw).
    public var allocation: UInt64?

    public init(
        name: String, capacity: UInt64, format: VolumeFormat, backing: StorageVolume.Backing? = nil,
        allocation: UInt64? = nil
    ) {
        self.name = name
        self.capacity = capacity
        self.format = format
        self.backing = backing
        self.allocation = allocation
    }
}
