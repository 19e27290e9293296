/// An `apply` that finds nothing to do, whole processes.
enum ApplyBenchmark {
    static func run(_ report: Report) async throws {
        for (nodes, replicas, limit) in [(10, 10, 2.0), (1000, 10, 1.0), (1000, 1000, 1.0)] {
            let world = try await World.converged(nodes: nodes, replicas: replicas)
            let floor = Program.floor("observe", world.libvirtURI)
            let pairs = try await Pairs.measure(rounds: nodes > 10 ? 21 : 41) {
                try floor.wholeTime()
            } ours: {
                try world.apply.wholeTime()
            }
            report.add(
                "`apply` without work, \(nodes) nodes and \(replicas) instances / list and metadata", pairs,
                limit: limit)
            try await world.stop()
        }
    }
}
