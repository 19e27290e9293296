import Simulation
import Testing

@Suite struct SimulationTests {
    @Test("whatever goes wrong, nothing that must hold is broken, and it ends as the manifest says", arguments: 0..<8)
    func seeds(_ part: Int) {
        var cycles = 0
        for n in 0..<20 {
            let seed = UInt64(part * 1000 + n)
            let result = Scenario(seed: seed).run()
            cycles += result.cycles
            #expect(result.violations == [], "replay with DIALTONE_SEED=\(seed)")
        }
        print("cycles \(cycles)")
    }

    @Test("one seed") func one() {
        var s = Scenario(seed: 1)
        s.isTracing = true
        let r = s.run()
        print(r.trace.suffix(60).joined(separator: "\n"))
        print(r.violations)
    }
}
