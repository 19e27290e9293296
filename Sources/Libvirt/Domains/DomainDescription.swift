import FoundationEssentials

/// A domain as libvirt dumps it: the parts of a ``DomainDefinition``, with what others may have put in their place.
public struct DomainDescription: Sendable, Hashable {
    public struct Disk: Sendable, Hashable {
        /// Where the content lies, or `nil` for a kind that a definition cannot have (a block device, an empty drive, ...).
        public var source: DomainDefinition.Disk.Source?
        /// The attribute `type`: `file`, `volume`, `block`, `network`, ...
        public var kind: String
        /// The driver's format, as `qcow2`.
        public var format: String?
        public var isReadOnly: Bool
        /// As `vda`.
        public var target: String
        /// As `virtio`.
        public var bus: String?
        /// `disk`, `cdrom`, ...
        public var device: String

        public init(
            source: DomainDefinition.Disk.Source?, kind: String, format: String?, isReadOnly: Bool, target: String,
            bus: String?, device: String
        ) {
            self.source = source
            self.kind = kind
            self.format = format
            self.isReadOnly = isReadOnly
            self.target = target
            self.bus = bus
            self.device = device
        }
    }

    public struct Interface: Sendable, Hashable {
        /// The libvirt network, or `nil` for a kind that is on none.
        public var network: String?
        /// The attribute `type`: `network`, `bridge`, `direct`, ...
        public var kind: String
        public var mac: String
        public var model: String?

        public init(network: String?, kind: String, mac: String, model: String?) {
            self.network = network
            self.kind = kind
            self.mac = mac
            self.model = model
        }
    }

    /// The guest agent's side of its channel; known only while the domain runs.
    public enum Agent: Sendable, Hashable {
        case connected
        case disconnected
        /// There is a channel, and libvirt does not say (a domain that does not run, a driver that has no agents).
        case unknown
    }

    public var name: String
    public var uuid: UUID
    /// The attribute `type`: `kvm`, `qemu`, `test`, ...
    public var virtualization: String
    public var architecture: String?
    /// With the version that libvirt has put in, as `pc-i440fx-7.2`.
    public var machine: String?
    public var memoryKiB: Int
    /// What the guest is left of it; less than that where somebody took some away (`<currentMemory>`, the balloon).
    public var currentMemoryKiB: Int
    /// Those in use, where that is fewer than the most there may be.
    public var vcpus: Int
    public var boot: DomainDefinition.Boot
    public var disks: [Disk]
    public var interfaces: [Interface]
    public var serialLog: String?
    /// The guest agent, or `nil` where there is no channel for one.
    public var agent: Agent?
    public var hasRandom: Bool
    public var translationCacheMiB: Int?
    public var metadata: [XMLElement]

    /// The name of the channel that the QEMU guest agent listens on.
    static let agentChannel = "org.qemu.guest_agent.0"

    /// The metadata element of that namespace.
    public func metadata(inNamespace uri: String) -> XMLElement? {
        metadata.first { $0.namespace?.uri == uri }
    }
}
