import ClusterModel

/// One libvirt, as the reconciler needs it.
public protocol HypervisorPort: Sendable {
    func observe() async throws(PortError) -> HypervisorState
    func perform(_ operation: HypervisorOperation, progress: @escaping Progress) async throws(PortError)
    /// Yields whenever something changed there; says only that it is time to look.
    func changes() -> AsyncStream<Void>
}

/// Discovery, shares and leadership of one cluster in etcd.
public protocol RegistryPort: Sendable {
    func observe() async throws(PortError) -> RegistryState
    /// Carried out only while `leadership` stands.
    func perform(_ operation: RegistryOperation, under leadership: Leadership) async throws(PortError)
    func changes() -> AsyncStream<Void>
    /// Takes the leader key under a new lease; `nil`: somebody else holds it.
    func acquire(_ record: LeaderRecord, seconds: Int) async throws(PortError) -> Leadership?
    /// `false`: the lease is gone.
    func renew(_ leadership: Leadership) async throws(PortError) -> Bool
    func release(_ leadership: Leadership) async throws(PortError)
}

/// What runs units.
public protocol UnitsPort: Sendable {
    func observe() async throws(PortError) -> UnitsState
    func perform(_ operation: UnitOperation) async throws(PortError)
}

/// Base image files of this machine.
public protocol ImagesPort: Sendable {
    func describe(_ path: String) async throws(PortError) -> ImageFile
    /// The same without reading the file; `nil`: nobody has read it as it is now.
    func remembered(_ path: String) async throws(PortError) -> ImageFile?
}

/// Bytes done, of how many.
public typealias Progress = @Sendable (_ done: Int64, _ total: Int64) -> Void

/// A held leader key: every write of the controller compares its create revision.
public struct Leadership: Sendable, Hashable {
    public var lease: Int64
    public var createRevision: Int64

    public init(lease: Int64, createRevision: Int64) {
        self.lease = lease
        self.createRevision = createRevision
    }
}

/// Why a port did not do what it was asked.
public struct PortError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Kind: String, Sendable, Hashable {
        /// The system cannot be reached.
        case unreachable
        /// It refused, or failed.
        case refused
        /// The thing is no longer what was meant: it is looked at again.
        case changed
        /// Leadership is lost: nothing more is done.
        case notLeader
        /// Whether it took effect is not known: it is looked at again.
        case outcomeUnknown
    }

    public var kind: Kind
    /// The object, what was tried, what came back and what to do.
    public var message: String

    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    public var description: String { message }
}

/// Every system that a cluster lives in.
public struct Ports: Sendable {
    /// By the hypervisor's name.
    public var hypervisors: [String: any HypervisorPort]
    public var registry: any RegistryPort
    public var units: any UnitsPort
    public var images: any ImagesPort

    public init(
        hypervisors: [String: any HypervisorPort], registry: any RegistryPort, units: any UnitsPort,
        images: any ImagesPort
    ) {
        self.hypervisors = hypervisors
        self.registry = registry
        self.units = units
        self.images = images
    }
}
