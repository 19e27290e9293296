/// `spec.nodes`: the one pool of this version, `node`, with the role asterisk.
public struct NodesSpec: Sendable, Hashable, Codable {
    public var count: Int
    /// An absolute path on this machine (uploaded under a name from its content), or a volume of the pool.
    public var image: String
    public var format: ImageFormat
    public var boot: Boot
    public var memoryMiB: Int
    public var vcpus: Int
    public var diskGiB: Int
    /// In the order of the manifest, without doubles.
    public var addresses: [IPv4]
    /// Network prefix of the addresses, in bits; `nil`: the libvirt network's.
    public var prefix: Int?
    /// `nil`: the libvirt network's own address.
    public var gateway: IPv4?
    public var dns: [IPv4]
    public var sshAuthorizedKeys: [String]
    /// A `#cloud-config` or `#!` script of the user's own, joined to ours.
    public var userData: String?
    public var maxUnavailable: Int
    /// Names of the fields of `NodeInputs` that were left to Dialtone's defaults.
    public var defaulted: FieldNames

    public init(
        count: Int, image: String, addresses: [IPv4], format: ImageFormat = .qcow2, boot: Boot = .disk,
        memoryMiB: Int = 2048, vcpus: Int = 2, diskGiB: Int = 20, prefix: Int? = nil, gateway: IPv4? = nil,
        dns: [IPv4] = [], sshAuthorizedKeys: [String] = [], userData: String? = nil, maxUnavailable: Int = 1,
        defaulted: FieldNames = []
    ) {
        self.count = count
        self.image = image
        self.addresses = addresses
        self.format = format
        self.boot = boot
        self.memoryMiB = memoryMiB
        self.vcpus = vcpus
        self.diskGiB = diskGiB
        self.prefix = prefix
        self.gateway = gateway
        self.dns = dns
        self.sshAuthorizedKeys = sshAuthorizedKeys
        self.userData = userData
        self.maxUnavailable = maxUnavailable
        self.defaulted = defaulted
    }
}

/// The format of a base image.
public enum ImageFormat: String, Sendable, Hashable, Codable, CaseIterable {
    case qcow2, raw
}

/// How a node starts: from its disk, or by a kernel given to the hypervisor (paths on the hypervisor's host).
public enum Boot: Sendable, Hashable, Codable {
    case disk
    case kernel(path: String, initrd: String?, arguments: String)
}
