import Etcd

/// The keys of one agent in etcd, under one lease.
struct DispatcherLease: Sendable {
    let id: Int64
    var renewedAt: ContinuousClock.Instant
    /// What `dispatchers/<name>` was written at last.
    var revision: Int64 = 0

    static func grant(seconds: Int, etcd: EtcdClient) async throws(EtcdError) -> DispatcherLease {
        let start = ContinuousClock.now
        return DispatcherLease(id: try await etcd.grantLease(ttl: Int64(seconds)).id, renewedAt: start)
    }

    /// Renews it, and says whether our key still stands as it was written.
    mutating func renew(key: String, etcd: EtcdClient) async throws(EtcdError) -> Bool {
        let start = ContinuousClock.now
        do {
            try await etcd.keepAlive(lease: id)
        } catch .leaseNotFound {
            return false
        }
        renewedAt = start
        guard let entry = try await etcd.get(key) else { return false }
        return entry.lease == id && entry.modRevision == revision
    }
}
