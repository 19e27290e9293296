/// How many requests reach libvirt, as its own log has them.
enum RequestBenchmark {
    /// Besides one for each domain: the connection, the lists, the pool, the network.
    private static let handful = 25

    static func run(_ report: Report) async throws {
        let nodes = 1000
        let world = try await World.converged(nodes: nodes, replicas: 10, isTraced: true)
        let trace = Trace(world)
        try world.apply.run()
        let counts = trace.counts
        // The test driver has a domain of its own.
        report.add(
            "requests to libvirt, `apply` without work, \(nodes) nodes", count: counts.values.reduce(0, +),
            atMost: nodes + 1 + handful)
        report.add(
            "of these, requests that write", count: counts.filter { Trace.writes($0.key) }.values.reduce(0, +),
            atMost: 0)
        try await world.stop()
    }
}
