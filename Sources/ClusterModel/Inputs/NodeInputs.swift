/// What a node was made from. Stands in the domain's mark as canonical JSON, so that a later plan can say which part changed.
public struct NodeInputs: Sendable, Hashable, Codable {
    public var pool: String
    public var network: String
    /// `nil`: kvm, which is not written down.
    public var virtualization: Virtualization?
    /// The base image's volume: named by its content where it came from a file.
    public var image: String
    public var format: ImageFormat
    public var boot: Boot
    public var memoryMiB: Int
    public var vcpus: Int
    public var diskGiB: Int
    public var address: IPv4
    public var prefix: Int
    public var gateway: IPv4?
    public var dns: [IPv4]
    public var sshAuthorizedKeys: [String]
    /// A keyed hash, never the text: user data may carry secrets.
    public var userData: String?
    @Endpoints public var etcd: [String]
    /// Fields that were left to defaults: where both sides did so, they do not differ.
    public var defaulted: FieldNames

    public init(
        pool: String, network: String, virtualization: Virtualization? = nil, image: String, format: ImageFormat,
        boot: Boot, memoryMiB: Int, vcpus: Int,
        diskGiB: Int, address: IPv4, prefix: Int, gateway: IPv4?, dns: [IPv4], sshAuthorizedKeys: [String],
        userData: String?, etcd: [String], defaulted: FieldNames
    ) {
        self.pool = pool
        self.network = network
        self.virtualization = virtualization
        self.image = image
        self.format = format
        self.boot = boot
        self.memoryMiB = memoryMiB
        self.vcpus = vcpus
        self.diskGiB = diskGiB
        self.address = address
        self.prefix = prefix
        self.gateway = gateway
        self.dns = dns
        self.sshAuthorizedKeys = sshAuthorizedKeys
        self.userData = userData
        self.etcd = etcd
        self.defaulted = defaulted
    }
}

extension NodeInputs {
    /// Fields that a domain can take on by a restart; every other difference needs a new machine.
    public static let restartable: FieldNames = ["memory", "vcpus", "boot", "virtualization"]

    /// The part of the inputs that a guest is provisioned from: without what a restart changes, and what of it was left to defaults.
    public var provisioning: NodeInputs {
        var inputs = self
        inputs.memoryMiB = 0
        inputs.vcpus = 0
        inputs.boot = .disk
        inputs.virtualization = nil
        inputs.defaulted = []
        return inputs
    }

    /// What differs from the inputs `applied` before, by the manifest's words, in a fixed order.
    public func changes(from applied: NodeInputs) -> [Change] {
        // What is equal has nothing to be said of it: nearly always, so this comes before all words.
        guard self != applied else { return [] }
        var changes = Changes(defaulted: defaulted, before: applied.defaulted)
        changes.add("image", applied.image, image)
        changes.add("format", applied.format.rawValue, format.rawValue)
        changes.add("boot", applied.boot.description, boot.description)
        changes.add("memory", "\(applied.memoryMiB) MiB", "\(memoryMiB) MiB")
        changes.add("vcpus", "\(applied.vcpus)", "\(vcpus)")
        changes.add("disk", "\(applied.diskGiB) GiB", "\(diskGiB) GiB")
        changes.add("address", "\(applied.address)", "\(address)")
        changes.add("prefix", "\(applied.prefix)", "\(prefix)")
        changes.add("gateway", applied.gateway?.description ?? "none", gateway?.description ?? "none")
        changes.add("dns", applied.dns.listed, dns.listed)
        changes.add("sshAuthorizedKeys", applied.sshAuthorizedKeys.listed, sshAuthorizedKeys.listed)
        changes.add("userData", applied.userData ?? "none", userData ?? "none")
        changes.add("pool", applied.pool, pool)
        changes.add("network", applied.network, network)
        changes.add(
            "virtualization", (applied.virtualization ?? .kvm).rawValue, (virtualization ?? .kvm).rawValue)
        changes.add("etcd", applied.etcd.listed, etcd.listed)
        return changes.found
    }
}

extension Boot: CustomStringConvertible {
    public var description: String {
        switch self {
        case .disk: "disk"
        case .kernel(let path, let initrd, let arguments):
            "kernel \(path) initrd \(initrd ?? "none") arguments '\(arguments)'"
        }
    }
}

extension Array where Element: CustomStringConvertible {
    /// The elements, for a person to read.
    var listed: String { isEmpty ? "none" : map(\.description).joined(separator: ", ") }
}
