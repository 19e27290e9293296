import Etcd
import FoundationEssentials
import SIP

/// An instance's place in etcd: its keys under one lease.
struct Registration: Sendable {
    private(set) var document: InstanceDocument
    private(set) var key: KeptKey
    /// When the lease was renewed last.
    var renewedAt: ContinuousClock.Instant
    /// Whether the key was ours when it was looked at last.
    var isHeld = true
    /// What was written to `calls/<name>`, and when.
    var calls: (report: CountReport, at: ContinuousClock.Instant)?

    /// Takes a new lease and writes the instance's key under it; whoever held the key before has lost it.
    static func begin(_ document: InstanceDocument, etcd: EtcdClient) async throws(EtcdError) -> Registration {
        let start = ContinuousClock.now
        let lease = try await etcd.grantLease(ttl: Int64(document.configuration.timing.lease)).id
        do throws(EtcdError) {
            let revision = try await etcd.put(document.configuration.instanceKey, document.text, lease: lease)
            return Registration(
                document: document, key: KeptKey(lease: lease, revision: revision), renewedAt: start)
        } catch {
            // The key may have been written; nobody would renew it. A task of its own: this one may be cancelled.
            await Task { try? await etcd.revokeLease(lease) }.value
            throw error
        }
    }

    /// Says what its probe call came to, under the lease that it has.
    mutating func tell(_ probe: ProbeCall.Result, etcd: EtcdClient) async throws(EtcdError) {
        var document = document
        document.probe = probe
        key.revision = try await etcd.put(document.configuration.instanceKey, document.text, lease: key.lease)
        self.document = document
    }

    /// Renews the lease and looks at the key.
    mutating func renew(etcd: EtcdClient) async throws(EtcdError) -> KeptKey.Standing {
        let start = ContinuousClock.now
        let standing = try await key.renew(document.configuration.instanceKey, etcd: etcd)
        renewedAt = start
        isHeld = standing == .held
        return standing
    }
}
