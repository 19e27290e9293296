/// What a person wrote: one manifest, checked, with every default filled in.
public struct ClusterSpec: Sendable, Hashable, Codable {
    /// `metadata.name`: a DNS label; the first part of every name that Dialtone gives.
    public var name: String
    public var connections: Connections
    /// In the order of the manifest; never empty.
    public var hypervisors: [HypervisorSpec]
    public var nodes: NodesSpec
    public var asterisk: AsteriskSpec
    public var canary: CanarySpec?
    public var kamailio: KamailioSpec
    /// Called numbers that never meet a canary while anything stable answers.
    public var emergencyNumbers: [String]
    public var safety: SafetySpec
    /// Where instances are announced; Dialtone's own keys always.
    public var discovery: [Discovery]
    /// Where a word was written, as `FILE:LINE:COLUMN`, by its path (`spec.nodes.addresses`);
    /// for holds about what only the systems can tell. A word that was left out is not in it.
    public var locations: [String: String]

    public init(
        name: String, connections: Connections, hypervisors: [HypervisorSpec], nodes: NodesSpec,
        asterisk: AsteriskSpec, canary: CanarySpec? = nil, kamailio: KamailioSpec = KamailioSpec(),
        emergencyNumbers: [String] = [], safety: SafetySpec = SafetySpec(), discovery: [Discovery] = [.dialtone],
        locations: [String: String] = [:]
    ) {
        self.name = name
        self.connections = connections
        self.hypervisors = hypervisors
        self.nodes = nodes
        self.asterisk = asterisk
        self.canary = canary
        self.kamailio = kamailio
        self.emergencyNumbers = emergencyNumbers
        self.safety = safety
        self.discovery = Discovery.allCases.filter(discovery.contains)
        self.locations = locations
    }
}

/// How the systems are reached. libvirt's URIs stand in the hypervisors.
public struct Connections: Sendable, Hashable, Codable {
    /// Client URLs of an etcd that is not on our nodes, as nodes and agents are told; never empty in this version.
    public var etcd: [String]
    /// Where the controller itself finds that etcd, if not there: nothing that is made depends on it.
    public var controllerEtcd: [String]?
    /// `unix:PATH` or `http://HOST:PORT`.
    public var fleet: String
    public var tls: TLSFiles?

    public init(etcd: [String], fleet: String, tls: TLSFiles? = nil, controllerEtcd: [String]? = nil) {
        self.etcd = etcd
        self.controllerEtcd = controllerEtcd
        self.fleet = fleet
        self.tls = tls
    }
}

/// PEM files for `https:` endpoints of etcd.
public struct TLSFiles: Sendable, Hashable, Codable {
    public var ca: String?
    public var certificate: String?
    public var key: String?

    public init(ca: String? = nil, certificate: String? = nil, key: String? = nil) {
        self.ca = ca
        self.certificate = certificate
        self.key = key
    }
}

/// One libvirt that carries nodes.
public struct HypervisorSpec: Sendable, Hashable, Codable {
    public var name: String
    public var uri: String
    /// Storage pool for overlays, base images and config drives.
    public var pool: String
    public var network: String
    public var virtualization: Virtualization

    public init(
        name: String = "default", uri: String = "qemu:///system", pool: String = "default",
        network: String = "default", virtualization: Virtualization = .kvm
    ) {
        self.name = name
        self.uri = uri
        self.pool = pool
        self.network = network
        self.virtualization = virtualization
    }
}

/// What executes a node's instructions: libvirt's type of a domain.
public enum Virtualization: String, Sendable, Hashable, Codable, CaseIterable {
    /// The processor itself.
    case kvm
    /// QEMU, which emulates a processor: many times slower, and everywhere.
    case qemu
}

/// Limits on what one plan may do.
public struct SafetySpec: Sendable, Hashable, Codable {
    /// Nodes and instances destroyed or replaced in the whole plan and the last hour.
    public var maxDestroy: Int

    public init(maxDestroy: Int = 3) {
        self.maxDestroy = maxDestroy
    }
}
