import Glibc

/// Measures Dialtone against the floors, side by side, and says where it is over a limit.
@main
enum Bench {
    private static let benchmarks: [(name: String, run: @Sendable (Report) async throws -> Void)] = [
        ("start", StartBenchmark.run),
        ("manifest", ManifestBenchmark.run),
        ("plan", PlanBenchmark.run),
        ("observe", ObserveBenchmark.run),
        ("apply", ApplyBenchmark.run),
        ("requests", RequestBenchmark.run),
        ("create", CreateBenchmark.run),
        ("machines", MachinesBenchmark.run),
    ]

    static func main() async throws {
        let wanted = CommandLine.arguments.dropFirst()
        if wanted.first == "hold" { return try await Hold.run(wanted.dropFirst()) }
        let known = benchmarks.map(\.name)
        if let stranger = wanted.first(where: { !known.contains($0) }) {
            print("no benchmark '\(stranger)'; there are \(known.joined(separator: ", "))")
            exit(64)
        }
        let report = Report()
        for benchmark in benchmarks where wanted.isEmpty || wanted.contains(benchmark.name) {
            say("\(benchmark.name) ...")
            try await benchmark.run(report)
        }
        print(report.table)
        exit(report.isWithinLimits ? 0 : 1)
    }

    /// Progress, on standard error.
    private static func say(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }
}
