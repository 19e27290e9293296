import CLibvirt
import FoundationEssentials
import Synchronization

/// The identifiers of callbacks that libvirt holds for one connection.
struct EventRegistrations {
    var domain: [Int32] = []
    var network: [Int32] = []
    var pool: [Int32] = []

    func remove(from connection: virConnectPtr) {
        for id in domain { virConnectDomainEventDeregisterAny(connection, id) }
        for id in network { virConnectNetworkEventDeregisterAny(connection, id) }
        for id in pool { virConnectStoragePoolEventDeregisterAny(connection, id) }
    }
}

extension Handle {
    /// Asks libvirt for every kind of event that the driver has; done once for a connection.
    func registerEvents() throws(LibvirtError) {
        let failure: LibvirtError? = registrations.withLock { registrations in
            guard registrations == nil else { return nil }
            do throws(LibvirtError) {
                registrations = try registerAll()
                tellLoss()
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    private func registerAll() throws(LibvirtError) -> EventRegistrations {
        var made = EventRegistrations()
        do throws(LibvirtError) {
            for (event, callback) in EventCallbacks.domain {
                try keep(&made.domain, "virConnectDomainEventRegisterAny") { opaque in
                    virConnectDomainEventRegisterAny(
                        pointer, nil, Int32(event.rawValue), callback, opaque, EventCallbacks.free)
                }
            }
            try keep(&made.network, "virConnectNetworkEventRegisterAny") { opaque in
                virConnectNetworkEventRegisterAny(
                    pointer, nil, Int32(VIR_NETWORK_EVENT_ID_LIFECYCLE.rawValue), EventCallbacks.network, opaque,
                    EventCallbacks.free)
            }
            for (event, callback) in EventCallbacks.pool {
                try keep(&made.pool, "virConnectStoragePoolEventRegisterAny") { opaque in
                    virConnectStoragePoolEventRegisterAny(
                        pointer, nil, Int32(event.rawValue), callback, opaque, EventCallbacks.free)
                }
            }
        } catch {
            made.remove(from: pointer)
            throw error
        }
        return made
    }

    /// Registers one kind; a kind that the driver does not have is left out.
    private func keep(
        _ identifiers: inout [Int32], _ function: String, _ register: (UnsafeMutableRawPointer) -> Int32
    ) throws(LibvirtError) {
        let opaque = Unmanaged.passRetained(hub).toOpaque()
        let identifier = register(opaque)
        guard identifier < 0 else {
            identifiers.append(identifier)
            return
        }
        let error = failure(function, "the connection")
        // libvirt calls the free callback only for registrations that it took.
        Unmanaged<EventHub>.fromOpaque(opaque).release()
        guard error.code == .noSupport || error.code == .invalidArgument else { throw error }
    }
}

/// The functions that libvirt calls on the thread of the event loop: they copy names and yield, and never ask libvirt anything.
enum EventCallbacks {
    typealias Opaque = UnsafeMutableRawPointer

    static let free: virFreeCallback = { opaque in
        if let opaque { Unmanaged<EventHub>.fromOpaque(opaque).release() }
    }

    /// Each kind of a domain's event with its function; libvirt's own macro casts them in the same way (`VIR_DOMAIN_EVENT_CALLBACK`).
    static var domain: [(virDomainEventID, virConnectDomainEventGenericCallback)] {
        [
            (
                VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                unsafeBitCast(lifecycle, to: virConnectDomainEventGenericCallback.self)
            ),
            (
                VIR_DOMAIN_EVENT_ID_METADATA_CHANGE,
                unsafeBitCast(metadata, to: virConnectDomainEventGenericCallback.self)
            ),
            (
                VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE,
                unsafeBitCast(agent, to: virConnectDomainEventGenericCallback.self)
            ),
        ]
    }

    static var network: virConnectNetworkEventGenericCallback {
        unsafeBitCast(networkLifecycle, to: virConnectNetworkEventGenericCallback.self)
    }

    static var pool: [(virStoragePoolEventID, virConnectStoragePoolEventGenericCallback)] {
        [
            (
                VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE,
                unsafeBitCast(poolLifecycle, to: virConnectStoragePoolEventGenericCallback.self)
            ),
            (VIR_STORAGE_POOL_EVENT_ID_REFRESH, poolRefresh),
        ]
    }

    private static let lifecycle: @convention(c) (virConnectPtr?, virDomainPtr?, Int32, Int32, Opaque?) -> Int32 = {
        _, domain, event, detail, opaque in
        if let (name, uuid) = identity(of: domain) {
            let change = DomainLifecycle(kind: DomainLifecycle.Kind(rawValue: event), detail: detail)
            send(.domain(name: name, uuid: uuid, change), to: opaque)
        }
        return 0
    }

    private static let metadata:
        @convention(c) (virConnectPtr?, virDomainPtr?, Int32, UnsafePointer<CChar>?, Opaque?) -> Void = {
            _, domain, _, uri, opaque in
            if let (name, uuid) = identity(of: domain) {
                send(.metadata(name: name, uuid: uuid, uri: uri.map { String(cString: $0) }), to: opaque)
            }
        }

    private static let agent: @convention(c) (virConnectPtr?, virDomainPtr?, Int32, Int32, Opaque?) -> Void = {
        _, domain, state, _, opaque in
        if let (name, uuid) = identity(of: domain) {
            let connected = state == VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED.rawValue
            send(.agent(name: name, uuid: uuid, connected: connected), to: opaque)
        }
    }

    private static let networkLifecycle:
        @convention(c) (virConnectPtr?, virNetworkPtr?, Int32, Int32, Opaque?) -> Void = {
            _, network, event, _, opaque in
            if let name = virNetworkGetName(network), let change = ObjectLifecycle(rawValue: event) {
                send(.network(name: String(cString: name), change), to: opaque)
            }
        }

    private static let poolLifecycle:
        @convention(c) (virConnectPtr?, virStoragePoolPtr?, Int32, Int32, Opaque?) -> Void = {
            _, pool, event, _, opaque in
            if let name = virStoragePoolGetName(pool), let change = ObjectLifecycle(rawValue: event) {
                send(.pool(name: String(cString: name), change), to: opaque)
            }
        }

    private static let poolRefresh: virConnectStoragePoolEventGenericCallback = { _, pool, opaque in
        if let name = virStoragePoolGetName(pool) {
            send(.poolRefreshed(name: String(cString: name)), to: opaque)
        }
    }

    /// Name and UUID, both of which lie in the object itself: libvirt is not asked.
    private static func identity(of domain: virDomainPtr?) -> (String, UUID)? {
        guard let domain, let name = virDomainGetName(domain) else { return nil }
        return (String(cString: name), UUID(of: domain))
    }

    private static func send(_ event: LibvirtEvent, to opaque: Opaque?) {
        guard let opaque else { return }
        Unmanaged<EventHub>.fromOpaque(opaque).takeUnretainedValue().send(event)
    }
}
