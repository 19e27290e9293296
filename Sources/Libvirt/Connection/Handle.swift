import CLibvirt
import Synchronization

/// One open connection; the C pointer lives here, and is closed here when nothing uses it any more.
///
/// One thread uses it at a time (``Lease``).
///
/// Unchecked: `virConnectPtr` may be used by any thread, and is never changed.
final class Handle: @unchecked Sendable {
    let pointer: virConnectPtr
    let uri: String
    let driver: LibvirtDriver
    let hub: EventHub
    private let link: LinkState
    private let closeCallback: Bool
    private let turnstile: Turnstile
    private let isClosed = Atomic(false)
    /// The callback identifiers to be given back, once events are registered.
    let registrations = Mutex<EventRegistrations?>(nil)

    /// Opens `uri`; blocks for as long as libvirt does.
    static func open(
        uri: String, keepalive: KeepAlive, hub: EventHub, turnstile: Turnstile
    ) throws(LibvirtError) -> Handle {
        LibvirtRuntime.start()
        guard let pointer = virConnectOpen(uri) else {
            throw .last(function: "virConnectOpen", object: "the connection", uri: uri, isConnectionLoss: true)
        }
        return try Handle(pointer: pointer, uri: uri, keepalive: keepalive, hub: hub, turnstile: turnstile)
    }

    private init(
        pointer: virConnectPtr, uri: String, keepalive: KeepAlive, hub: EventHub, turnstile: Turnstile
    ) throws(LibvirtError) {
        self.pointer = pointer
        self.turnstile = turnstile
        self.uri = uri
        self.hub = hub
        guard let type = virConnectGetType(pointer) else {
            let error = LibvirtError.last(
                function: "virConnectGetType", object: "the connection", uri: uri, isConnectionLoss: true)
            virConnectClose(pointer)
            throw error
        }
        driver = LibvirtDriver(name: String(cString: type))
        let link = LinkState(hub: hub)
        self.link = link
        // A driver within this process has neither keepalive nor an end to be told of: it refuses the one, and takes and forgets the
        // other, so that this one small object stays. No production URI names such a driver.
        virConnectSetKeepAlive(pointer, keepalive.intervalSeconds, keepalive.count)
        let opaque = Unmanaged.passRetained(link).toOpaque()
        let registered = virConnectRegisterCloseCallback(
            pointer, Self.closed, opaque,
            { opaque in
                if let opaque { Unmanaged<LinkState>.fromOpaque(opaque).release() }
            })
        closeCallback = registered == 0
        // When libvirt did not take the registration, it never calls the free callback either.
        if !closeCallback { Unmanaged<LinkState>.fromOpaque(opaque).release() }
    }

    deinit {
        close()
    }

    /// Closes it, which asks the daemon; nothing is to use it any more.
    func close() {
        guard !isClosed.exchange(true, ordering: .relaxed) else { return }
        registrations.withLock { $0?.remove(from: pointer) }
        if closeCallback { virConnectUnregisterCloseCallback(pointer, Self.closed) }
        virConnectClose(pointer)
    }

    /// libvirt wants the very same function again when the registration is given back.
    private static let closed: @convention(c) (virConnectPtr?, Int32, UnsafeMutableRawPointer?) -> Void = {
        _, reason, opaque in
        guard let opaque else { return }
        Unmanaged<LinkState>.fromOpaque(opaque).takeUnretainedValue().closed(reason: reason)
    }

    var isDead: Bool { link.isDead }

    /// Whether events come over this connection.
    var hears: Bool { registrations.withLock { $0 != nil } }

    /// From now on the end of this connection is an event too.
    func tellLoss() { link.tellLoss() }

    /// The value of a call that answers with a pointer, or libvirt's error when it answered with none.
    func unwrap<T>(_ function: String, _ object: String, _ value: T?) throws(LibvirtError) -> T {
        guard let value else { throw failure(function, object) }
        return value
    }

    /// The value of a call that answers with a number, or libvirt's error when that is negative.
    @discardableResult
    func check<N: SignedInteger>(_ function: String, _ object: String, _ value: N) throws(LibvirtError) -> N {
        guard value >= 0 else { throw failure(function, object) }
        return value
    }

    /// As ``unwrap(_:_:_:)``, for a call that changes something: it begins only while whoever asked for it still may.
    func make<T>(_ function: String, _ object: String, _ call: @autoclosure () -> T?) throws(LibvirtError) -> T {
        let turn = try begin(function, object)
        defer { end(turn) }
        return try unwrap(function, object, call())
    }

    /// As ``check(_:_:_:)``, for a call that changes something: it begins only while whoever asked for it still may.
    @discardableResult
    func change<N: SignedInteger>(
        _ function: String, _ object: String, _ call: @autoclosure () -> N
    ) throws(LibvirtError) -> N {
        let turn = try begin(function, object)
        defer { end(turn) }
        return try check(function, object, call())
    }

    /// The question is put right before the call, on the thread that makes it: look-ups before it take their time too.
    private func begin(_ function: String, _ object: String) throws(LibvirtError) -> Int? {
        guard CallProgress.current?.beginWriting() ?? true else { throw notBegun(function, object) }
        guard let permission = CallPermission.current else { return nil }
        guard let turn = turnstile.enter(permission.isGiven) else { throw notBegun(function, object) }
        return turn
    }

    private func end(_ turn: Int?) {
        if let turn { turnstile.leave(turn) }
    }

    func notBegun(_ function: String, _ object: String) -> LibvirtError {
        refusal(.operationAborted, function, object, "not begun: its time was over")
    }

    /// libvirt's last error on this thread, with the knowledge whether the connection has gone with it.
    func failure(_ function: String, _ object: String) -> LibvirtError {
        let error = LibvirtError.last(function: function, object: object, uri: uri, isConnectionLoss: false)
        // Asked after the error was copied: every call to libvirt forgets the last one.
        guard isDead || virConnectIsAlive(pointer) == 0 else { return error }
        link.lost(message: error.message)
        return error.asConnectionLoss
    }

    /// An error of our own, raised before libvirt is asked.
    func refusal(_ code: LibvirtError.Code, _ function: String, _ object: String, _ message: String) -> LibvirtError {
        LibvirtError(code: code, message: message, function: function, object: object, uri: uri)
    }
}

/// Whether a connection still stands; shared with the callback that says it does not.
private final class LinkState: Sendable {
    private struct State {
        /// Why the connection is gone; `nil`: it stands.
        var loss: String?
        /// Whether its readers would miss it.
        var isHeard = false
    }

    private let state = Mutex(State())
    private let hub: EventHub

    init(hub: EventHub) {
        self.hub = hub
    }

    var isDead: Bool { state.withLock { $0.loss != nil } }

    func tellLoss() {
        let loss = state.withLock { state in
            defer { state.isHeard = true }
            return state.isHeard ? nil : state.loss
        }
        if let loss { hub.send(.disconnected(reason: loss)) }
    }

    func closed(reason: Int32) {
        switch virConnectCloseReason(rawValue: UInt32(bitPattern: reason)) {
        case VIR_CONNECT_CLOSE_REASON_EOF: lost(message: "end of file from the daemon")
        case VIR_CONNECT_CLOSE_REASON_KEEPALIVE: lost(message: "no answer to keepalive")
        case VIR_CONNECT_CLOSE_REASON_CLIENT: lost(message: "closed by this side")
        default: lost(message: "I/O error on the connection")
        }
    }

    func lost(message: String) {
        let isNews = state.withLock { state in
            guard state.loss == nil else { return false }
            state.loss = message
            return state.isHeard
        }
        if isNews { hub.send(.disconnected(reason: message)) }
    }
}

extension LibvirtError {
    /// libvirt's last error on the calling thread: only right before any hop to another one.
    static func last(function: String, object: String, uri: String, isConnectionLoss: Bool) -> LibvirtError {
        guard let error = virGetLastError()?.pointee else {
            return LibvirtError(
                code: .internalError, message: "libvirt gave no error", function: function, object: object, uri: uri,
                isConnectionLoss: isConnectionLoss)
        }
        return LibvirtError(
            code: Code(rawValue: error.code), domain: Domain(rawValue: error.domain),
            level: Level(rawValue: Int32(error.level.rawValue)) ?? .error,
            message: error.message.map { String(cString: $0) } ?? "", function: function, object: object, uri: uri,
            isConnectionLoss: isConnectionLoss)
    }

    var asConnectionLoss: LibvirtError {
        LibvirtError(
            code: code, domain: domain, level: level, message: message, function: function, object: object, uri: uri,
            isConnectionLoss: true)
    }
}
