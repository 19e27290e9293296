/// One file of a manifest, as it was read.
public struct ManifestSource: Sendable, Hashable {
    /// How problems name it: the path that was given.
    public var name: String
    public var bytes: [UInt8]

    public init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }
}

/// Connections given by variables or flags; they win over every file.
public struct ManifestOverrides: Sendable, Hashable {
    /// One value and what gave it (`--etcd`, `DIALTONE_ETCD`): problems name that in place of a file.
    public struct Value: Sendable, Hashable {
        public var text: String
        public var origin: String

        public init(_ text: String, origin: String) {
            self.text = text
            self.origin = origin
        }
    }

    /// `spec.connections.libvirt`, and the URI of a hypervisor that stands alone.
    public var libvirt: Value?
    /// `spec.connections.etcd`: URLs with commas between them.
    public var etcd: Value?
    /// `spec.connections.fleet`
    public var fleet: Value?

    public init(libvirt: Value? = nil, etcd: Value? = nil, fleet: Value? = nil) {
        self.libvirt = libvirt
        self.etcd = etcd
        self.fleet = fleet
    }
}
