import FoundationEssentials

/// A domain as it is asked of libvirt: the parts that a node has, in libvirt's words.
public struct DomainDefinition: Sendable, Hashable {
    /// What executes the guest's instructions, the attribute `type` of `<domain>`.
    public enum Virtualization: String, Sendable, Hashable {
        case kvm
        case qemu
        case test
    }

    /// What the machine starts from.
    public enum Boot: Sendable, Hashable {
        /// The first disk, by the firmware.
        case disk
        /// A kernel that the hypervisor loads itself; paths on the hypervisor's host.
        case kernel(path: String, initrd: String?, arguments: String?)
    }

    public struct Disk: Sendable, Hashable {
        public enum Source: Sendable, Hashable {
            case volume(pool: String, name: String)
            /// A path on the hypervisor's host.
            case file(String)
        }

        public var source: Source
        public var format: VolumeFormat
        public var isReadOnly: Bool

        public init(source: Source, format: VolumeFormat, isReadOnly: Bool = false) {
            self.source = source
            self.format = format
            self.isReadOnly = isReadOnly
        }
    }

    public struct Interface: Sendable, Hashable {
        public var network: String
        /// As `52:54:00:12:34:56`.
        public var mac: String

        public init(network: String, mac: String) {
            self.network = network
            self.mac = mac
        }
    }

    public var name: String
    public var uuid: UUID
    /// Overridden on the test driver, which takes no other type than its own.
    public var virtualization: Virtualization
    /// As `x86_64`; without it libvirt takes the host's. Overridden on the test driver.
    public var architecture: String?
    /// As `pc` or `q35`; without it libvirt takes the hypervisor's default.
    public var machine: String?
    public var memoryMiB: Int
    public var vcpus: Int
    public var boot: Boot
    /// On the virtio bus, `vda`, `vdb`, ... in this order.
    public var disks: [Disk]
    public var interfaces: [Interface]
    /// A path on the hypervisor's host to which what comes out of the first serial port is added; the port itself is a pseudo-terminal.
    public var serialLog: String?
    /// Whether there is a channel for the guest agent.
    public var hasAgentChannel: Bool
    /// Whether the guest gets random numbers from its host.
    public var hasRandom: Bool
    /// A bound on the translation cache of an emulated machine (`<tb-cache>`), which grows without one; only for `qemu`.
    public var translationCacheMiB: Int?
    /// The elements in `<metadata>`, each in a namespace of its own. libvirt keeps all text in them but such as is blanks alone.
    public var metadata: [XMLElement]

    public init(
        name: String, uuid: UUID, virtualization: Virtualization = .kvm, architecture: String? = nil,
        machine: String? = nil, memoryMiB: Int, vcpus: Int, boot: Boot = .disk, disks: [Disk] = [],
        interfaces: [Interface] = [], serialLog: String? = nil, hasAgentChannel: Bool = true, hasRandom: Bool = true,
        translationCacheMiB: Int? = nil, metadata: [XMLElement] = []
    ) {
        self.name = name
        self.uuid = uuid
        self.virtualization = virtualization
        self.architecture = architecture
        self.machine = machine
        self.memoryMiB = memoryMiB
        self.vcpus = vcpus
        self.boot = boot
        self.disks = disks
        self.interfaces = interfaces
        self.serialLog = serialLog
        self.hasAgentChannel = hasAgentChannel
        self.hasRandom = hasRandom
        self.translationCacheMiB = translationCacheMiB
        self.metadata = metadata
    }
}
