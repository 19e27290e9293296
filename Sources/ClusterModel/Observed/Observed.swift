/// Everything that was read in one cycle.
public struct Observed: Sendable, Hashable {
    /// By the hypervisor's name in the manifest.
    public var hypervisors: [String: Reading<HypervisorState>]
    public var registry: Reading<RegistryState>
    public var units: Reading<UnitsState>
    /// Base image files of this machine, by path.
    public var images: [String: Reading<ImageFile>]

    public init(
        hypervisors: [String: Reading<HypervisorState>], registry: Reading<RegistryState>,
        units: Reading<UnitsState>, images: [String: Reading<ImageFile>] = [:]
    ) {
        self.hypervisors = hypervisors
        self.registry = registry
        self.units = units
        self.images = images
    }

    /// The sources that could not be read, with the reason, in a fixed order.
    public var unknowns: [(source: String, reason: String)] {
        var found: [(String, String)] = []
        for name in hypervisors.keys.sorted() {
            if let reason = hypervisors[name]?.reason { found.append(("libvirt (\(name))", reason)) }
        }
        if let reason = registry.reason { found.append(("etcd", reason)) }
        if let reason = units.reason { found.append(("fleet", reason)) }
        return found
    }
}

/// A base image in a file.
public struct ImageFile: Sendable, Hashable, Codable {
    /// SHA-256 of the content, hexadecimal.
    public var sha256: String
    public var bytes: Int64

    public init(sha256: String, bytes: Int64) {
        self.sha256 = sha256
        self.bytes = bytes
    }
}
