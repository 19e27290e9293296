extension LibvirtConnection {
    /// Changes from now on. The newest 256 that were not read yet are kept.
    ///
    /// When it returns, libvirt has taken the registrations, so that a listing after it misses nothing. Where there is no connection, the stream
    /// begins with ``LibvirtEvent/disconnected(reason:)`` and goes on with ``LibvirtEvent/reconnected`` once a call has opened one.
    public func events() async -> AsyncStream<LibvirtEvent> {
        let stream = hub.stream(limit: 256)
        do {
            try await lending(hearing: true) { _ in }
        } catch {
            hub.unconnected(reason: error.description)
        }
        return stream
    }
}
