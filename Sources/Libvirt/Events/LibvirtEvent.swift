import FoundationEssentials

/// Something that changed. An event says no more than "look again": it may be late, doubled or lost.
public enum LibvirtEvent: Sendable, Hashable {
    /// A domain was defined, started, stopped, ...
    case domain(name: String, uuid: UUID, DomainLifecycle)
    /// A domain's metadata of namespace `uri` was written; without a namespace it was the title or description.
    case metadata(name: String, uuid: UUID, uri: String?)
    /// The guest agent of a domain came up or went away.
    case agent(name: String, uuid: UUID, connected: Bool)
    /// A network was defined, started, stopped or undefined.
    case network(name: String, ObjectLifecycle)
    /// A pool was defined, started, stopped, undefined, created or deleted.
    case pool(name: String, ObjectLifecycle)
    /// The volumes of a pool were read again, or changed.
    case poolRefreshed(name: String)
    /// The connection was lost; nothing is heard until a call opens a new one.
    case disconnected(reason: String)
    /// A new connection took the place of a lost one: whatever happened in between was not heard, so list again.
    case reconnected
}

/// A change in a domain's life, `virDomainEventType` with its detail.
public struct DomainLifecycle: Sendable, Hashable {
    public enum Kind: Int32, Sendable, Hashable {
        case defined = 0
        case undefined = 1
        case started = 2
        case suspended = 3
        case resumed = 4
        case stopped = 5
        case shutdown = 6
        case suspendedByGuest = 7
        case crashed = 8
    }

    /// What happened, or `nil` for a number that this version of Dialtone does not know.
    public let kind: Kind?
    /// libvirt's number for how it came about; its meaning depends on the kind (`virDomainEventStoppedDetailType`, ...).
    public let detail: Int32

    public init(kind: Kind?, detail: Int32) {
        self.kind = kind
        self.detail = detail
    }
}

/// A change in the life of a network or a pool.
public enum ObjectLifecycle: Int32, Sendable, Hashable {
    // virNetworkEventLifecycleType and virStoragePoolEventLifecycleType agree in these numbers.
    case defined = 0
    case undefined = 1
    case started = 2
    case stopped = 3
    case created = 4
    case deleted = 5
}
