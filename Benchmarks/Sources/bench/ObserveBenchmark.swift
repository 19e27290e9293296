import ClusterModel
import Libvirt
import Reconciler

/// Observing a libvirt with 1,000 domains of ours, on an open connection.
enum ObserveBenchmark {
    static func run(_ report: Report) async throws {
        let world = try await World.converged(nodes: 1000, replicas: 0)
        let place = HypervisorSpec(uri: world.libvirtURI, pool: "default-pool", network: "bench")
        let port = LibvirtHypervisor(LibvirtConnection(uri: world.libvirtURI), place: place)
        let marked = try await port.observe().domains.values.count { $0.nodeMark != nil }
        precondition(marked == 1000, "\(marked) domains of 1,000 carry a mark")
        let floor = Program.floor("observe", world.libvirtURI)
        let pairs = try await Pairs.measure(rounds: 21) {
            try floor.ownTime()
        } ours: {
            try await milliseconds { try await port.observe() }
        }
        report.add("observing 1,000 domains / one thread, list and metadata", pairs, limit: 0.75)
        try await world.stop()
    }
}
