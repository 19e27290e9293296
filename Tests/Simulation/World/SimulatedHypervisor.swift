import ClusterModel
import Reconciler

/// A libvirt as a plain value: domains, one pool, one network.
public struct SimulatedHypervisor: Sendable {
    public struct Domain: Sendable, Hashable {
        public var uuid: String
        /// `nil`: not Dialtone's.
        public var mark: NodeMark?
        public var persistent = true
        public var isRunning = false
        /// It holds a process in the middle of a start that nobody goes on with: its guest has never run.
        public var isStartCut = false
        /// Of the next start.
        public var hardware: Hardware?
        /// Of the machine that runs.
        public var running: Hardware?
        /// Counts its starts.
        public var boot = 0
        /// As the guest's agent tells it, while it runs.
        public var guestHostname: String?
    }

    public struct Volume: Sendable, Hashable {
        public var backing: String?
        /// Another number for other content.
        public var generation: Int
    }

    public var domains: [String: Domain] = [:]
    public var volumes: [String: Volume] = [:]
    public var reservations: [Reservation] = []
    private var writes = 0

    public init() {}

    public var state: HypervisorState {
        var found: [String: DomainState] = [:]
        for (name, domain) in domains {
            found[name] = DomainState(
                uuid: domain.uuid, run: domain.isStartCut ? .starting : domain.isRunning ? .running : .off,
                persistent: domain.persistent, mark: domain.mark.map { .readable($0) },
                hardware: domain.mark == nil ? nil : domain.hardware,
                running: domain.mark == nil ? nil : domain.running, guestHostname: domain.guestHostname)
        }
        return HypervisorState(
            domains: found, pool: PoolState(active: true, volumes: Set(volumes.keys)),
            network: NetworkState(
                active: true, address: IPv4(number: 0x0A00_0001), prefix: 16, reservations: reservations))
    }

    mutating func nextGeneration() -> Int {
        writes += 1
        return writes
    }

    /// Domains that run on this volume, or on one that lies on it.
    func users(of volume: String) -> [String] {
        domains.filter { _, domain in
            guard domain.isRunning, let owns = domain.mark?.owns else { return false }
            return owns.overlay == volume || volumes[owns.overlay]?.backing == volume
        }.keys.sorted()
    }
}

/// Something that no order of ours may bring about, seen by the system itself.
public struct Damage: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String
}
