/// Creating 100 nodes: a whole `dialtone apply`, with its process, plan, lease and drives, against the making alone.
enum CreateBenchmark {
    static func run(_ report: Report) async throws {
        let donor = try await World.converged(nodes: 100, replicas: 0)
        let target = try await World.empty(nodes: 100, replicas: 0)
        let floor = Program.floor("create", donor.libvirtURI, target.libvirtURI)
        let pairs = try await Pairs.measure(rounds: 11) {
            try await target.keeper.reset()
            return try floor.ownTime()
        } ours: {
            try await target.keeper.reset()
            return try target.apply.wholeTime()
        }
        report.add("`apply` that creates 100 nodes / the same requests one after the other", pairs, limit: 1.25)
        try await target.stop()
        try await donor.stop()
    }
}
