extension KamailioClient {
    /// Reads the list file anew. Its answer means that the new list is in force. Throws `isOngoingReload` within `reload_delta`
    /// seconds of the reload before, whoever asked for that.
    public func reloadDispatcher() async throws(KamailioError) {
        let _: String = try await call("dispatcher.reload")
    }

    /// The list in force, with the state of every destination. Without any set Kamailio refuses (`No Destination Sets`), which is an
    /// empty list here.
    public func dispatcherSets() async throws(KamailioError) -> DispatcherSets {
        do {
            return try await call("dispatcher.list")
        } catch {
            if case .refused(_, "No Destination Sets") = error.kind { return DispatcherSets() }
            throw error
        }
    }
}
