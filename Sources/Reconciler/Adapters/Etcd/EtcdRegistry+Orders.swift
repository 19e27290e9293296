import ClusterModel
import Etcd

/// What people order. Written without the lease: whoever leads reads it at its next look.
extension EtcdRegistry {
    /// Wants no calls for an instance or a node. An order that stands already is replaced.
    public func order(_ order: PersonalOrder, for target: String) async throws(PortError) {
        try await carryOut(.put(names.drainOrdersPrefix + target, RegistryFormat.text(order, "drain")))
    }

    /// Orders something of the canary.
    public func order(_ what: CanaryOrder, _ order: PersonalOrder) async throws(PortError) {
        try await carryOut(.put(names.key(what), RegistryFormat.text(order, what.rawValue)))
    }

    /// Takes an order back; one that is not there is no error.
    public func withdrawOrder(for target: String) async throws(PortError) {
        try await carryOut(.delete(names.drainOrdersPrefix + target))
    }

    private func carryOut(_ operation: EtcdOperation) async throws(PortError) {
        do {
            _ = try await client.transaction(EtcdTransaction(compare: [], success: [operation]))
        } catch {
            throw PortError(etcd: error)
        }
    }
}
