import ClusterModel
import FoundationEssentials
import Libvirt
import Synchronization

/// Which running machines are looked at beside their definitions: what somebody changed in one that runs (`virsh setvcpus --live`) shows only there. Each
/// look costs a call of its own, so a few have their turn each time; one that differs from its definition is looked at until it does no more.
final class RunningMachines: Sendable {
    /// Machines that have their turn in one observation.
    static let most = 12

    private struct State {
        /// Domains that were read and are not ours.
        var others: Set<UUID> = []
        var differing: Set<UUID> = []
        /// Whose turn is next, of those that run.
        var position = 0
    }

    private let state = Mutex(State())

    /// Those to look at, of all domains.
    func choose(_ domains: [DomainSummary]) -> Set<UUID> {
        state.withLock { state in
            let running = domains.filter { $0.id != nil && !state.others.contains($0.uuid) }.sorted {
                $0.name < $1.name
            }
            guard !running.isEmpty else { return [] }
            let turns = (0..<min(Self.most, running.count)).map { (state.position + $0) % running.count }
            state.position = (state.position + turns.count) % running.count
            return state.differing.intersection(running.map(\.uuid)).union(turns.map { running[$0].uuid })
        }
    }

    /// What was read.
    func learn(_ domains: [Domain]) {
        state.withLock { state in
            state.others = []
            for domain in domains {
                let uuid = domain.summary.uuid
                if domain.description.metadata(inNamespace: MarkElement.namespace) == nil { state.others.insert(uuid) }
                guard let running = domain.running else { continue }
                if Hardware(running) == Hardware(domain.description) {
                    state.differing.remove(uuid)
                } else {
                    state.differing.insert(uuid)
                }
            }
        }
    }
}
