import Etcd

/// An agent's key in etcd under a lease of its own.
struct KeptKey: Sendable {
    let lease: Int64
    /// The revision at which the key was written.
    var revision: Int64

    /// What became of the key.
    enum Standing: Equatable {
        case held
        /// It was deleted or overwritten by somebody who does not keep it alive, or the lease is gone.
        case lost
        /// Another agent holds it.
        case taken
    }

    /// Renews the lease and looks at the key.
    func renew(_ key: String, etcd: EtcdClient) async throws(EtcdError) -> Standing {
        do {
            try await etcd.keepAlive(lease: lease)
        } catch .leaseNotFound {
            return .lost
        }
        guard let entry = try await etcd.get(key) else { return .lost }
        if entry.lease == lease, entry.modRevision == revision { return .held }
        return entry.lease == 0 || entry.lease == lease ? .lost : .taken
    }
}
