import Etcd
import FoundationEssentials

/// The keys of kamailio-etcd-dispatcher, in etcd's v2 store: so that an old dispatcher can serve a new cluster during a migration.
///
///     asterisk/<name>/ip         10.0.0.11
///     asterisk/<name>/port       5060
///     asterisk/<name>/complete   true         written last of these: only now is the box used
///     asterisk/<name>/heartbeat  <uuid>       every 5 s; after 20 s without one the old dispatcher forgets the box
struct OldDiscovery: Sendable {
    let etcd: EtcdV2Client
    let name: String
    let address: String
    let port: Int

    /// Seconds between two heartbeats.
    static let heartbeat = 5

    private var directory: String { "asterisk/\(name)" }

    /// Says that the instance is there; writes all of it where somebody took it away.
    func beat() async throws(EtcdError) {
        let standing = try await (etcd.get("\(directory)/complete"), etcd.get("\(directory)/ip"))
        if standing != ("true", address) {
            try await etcd.set("\(directory)/ip", address)
            try await etcd.set("\(directory)/port", "\(port)")
            try await etcd.set("\(directory)/complete", "true")
        }
        try await etcd.set("\(directory)/heartbeat", UUID().uuidString.lowercased())
    }

    func withdraw() async throws(EtcdError) {
        try await etcd.deleteDirectory(directory)
    }
}
