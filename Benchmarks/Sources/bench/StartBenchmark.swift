/// How long a process takes to begin: both load libvirt's library.
enum StartBenchmark {
    static func run(_ report: Report) async throws {
        let virsh = Program(words: ["virsh", "--version"])
        let help = Program.dialtone("--help")
        let pairs = try await Pairs.measure(rounds: 41) {
            try virsh.wholeTime()
        } ours: {
            try help.wholeTime()
        }
        report.add("`dialtone --help` / `virsh --version`", pairs, limit: 1.5)
    }
}
