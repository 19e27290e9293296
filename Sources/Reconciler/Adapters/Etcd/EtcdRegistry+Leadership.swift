import ClusterModel
import Etcd
import Provisioning

extension EtcdRegistry {
    public func acquire(_ record: LeaderRecord, seconds: Int) async throws(PortError) -> Leadership? {
        do {
            let lease = try await client.grantLease(ttl: Int64(seconds)).id
            let put = EtcdOperation.put(names.leaderKey, RegistryFormat.text(record), lease: lease)
            let take = EtcdTransaction(compare: [.isAbsent(names.leaderKey)], success: [put])
            do {
                let result = try await client.transaction(take)
                if result.succeeded { return Leadership(lease: lease, createRevision: result.revision) }
            } catch EtcdError.outcomeUnknown {
                // It may have come about all the same: the key says whose it is.
                if let standing = try await client.get(names.leaderKey), standing.lease == lease {
                    return Leadership(lease: lease, createRevision: standing.createRevision)
                }
            }
            try? await client.revokeLease(lease)
            return nil
        } catch {
            throw PortError(etcd: error)
        }
    }

    public func renew(_ leadership: Leadership) async throws(PortError) -> Bool {
        do {
            return try await client.keepAlive(lease: leadership.lease) > 0
        } catch EtcdError.leaseNotFound {
            return false
        } catch {
            throw PortError(etcd: error)
        }
    }

    public func release(_ leadership: Leadership) async throws(PortError) {
        do {
            try await client.revokeLease(leadership.lease)
        } catch EtcdError.leaseNotFound {
            return
        } catch {
            throw PortError(etcd: error)
        }
    }
}
