import ClusterModel
import Etcd

/// What people order. Written without the lease: whoever leads reads it at its next look.
extension EtcdRegistry {
    /// Wants no calls for an instance or a node. An order that stands already is replaced.
    public func order(_ order: DrainOrder, for target: String) async throws(PortError) {
        try await carryOut(.put(names.drainOrdersPrefix + target, RegistryFormat.text(order)))
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
