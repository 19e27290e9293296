import CLibvirt
import FoundationEssentials

/// What one listing tells of each domain.
public struct DomainSummary: Sendable, Hashable {
    public let name: String
    public let uuid: UUID
    /// The number of a domain that runs; a new one at each start.
    public let id: Int32?
    public let state: DomainState
    /// Why it is in that state: a number of the state's own (`virDomainPausedReason` and its like); 0: unknown.
    public let reason: Int32

    /// Whether it is paused in the middle of its start and has never run (`VIR_DOMAIN_PAUSED_STARTING_UP`): libvirt is at it, or was ended in it.
    public var isStartingUp: Bool { state == .paused && reason == Int32(VIR_DOMAIN_PAUSED_STARTING_UP.rawValue) }

    public init(name: String, uuid: UUID, id: Int32?, state: DomainState, reason: Int32 = 0) {
        self.name = name
        self.uuid = uuid
        self.id = id
        self.state = state
        self.reason = reason
    }
}

/// `virDomainState`.
public enum DomainState: Int32, Sendable, Hashable, CaseIterable {
    case unknown = 0
    case running = 1
    case blocked = 2
    case paused = 3
    case shuttingDown = 4
    case shutOff = 5
    case crashed = 6
    case suspendedByGuest = 7

    /// Whether the domain holds a hypervisor process, in whatever state.
    public var isActive: Bool {
        switch self {
        case .running, .blocked, .paused, .shuttingDown, .suspendedByGuest: true
        case .unknown, .shutOff, .crashed: false
        }
    }
}

/// A domain with what its XML says.
public struct Domain: Sendable, Hashable {
    public let summary: DomainSummary
    public let description: DomainDescription
    /// The running machine, where that was asked for beside the definition.
    public let running: DomainDescription?

    public init(summary: DomainSummary, description: DomainDescription, running: DomainDescription? = nil) {
        self.summary = summary
        self.description = description
        self.running = running
    }
}

/// How a domain is looked up.
public enum DomainKey: Sendable, Hashable, CustomStringConvertible {
    case name(String)
    case uuid(UUID)

    public var description: String {
        switch self {
        case .name(let name): "domain '\(name)'"
        case .uuid(let uuid): "domain \(uuid.uuidString.lowercased())"
        }
    }
}

extension UUID {
    /// The UUID of a domain, which lies in the object itself: libvirt is not asked.
    init(of domain: virDomainPtr) {
        self.init(filledBy: { virDomainGetUUID(domain, $0) })
    }

    init(filledBy fill: (UnsafeMutablePointer<UInt8>) -> Int32) {
        var bytes = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)).uuid
        withUnsafeMutableBytes(of: &bytes) { buffer in
            // A tuple of sixteen bytes is never empty, so it has a base address.
            if let start = buffer.bindMemory(to: UInt8.self).baseAddress { _ = fill(start) }
        }
        self.init(uuid: bytes)
    }
}
