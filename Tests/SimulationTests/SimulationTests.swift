import FoundationEssentials
import Simulation
import Testing

/// Every run is drawn from one seed. `DIALTONE_SIMULATE=N`: at least so many rounds in place of 10,000.
/// `DIALTONE_SEED=S`: that run alone, told line by line.
@Suite struct SimulationTests {
    static let environment = ProcessInfo.processInfo.environment
    static let rounds = environment["DIALTONE_SIMULATE"].flatMap { Int($0) } ?? 10_000
    static let parts = 8

    @Test(
        "whatever goes wrong, nothing that must hold is broken, and it ends as the manifest says",
        .enabled(if: environment["DIALTONE_SEED"] == nil), arguments: 0..<parts)
    func seeds(_ part: Int) {
        var rounds = 0
        var seed = UInt64(part)
        while rounds < Self.rounds / Self.parts {
            let result = Scenario(seed: seed).run()
            rounds += result.cycles
            #expect(result.violations == [], "replay with DIALTONE_SEED=\(seed) swift test --filter SimulationTests")
            seed += UInt64(Self.parts)
        }
    }

    @Test("canaries come as far in it as they can come", arguments: CanaryFate.allCases)
    func canaries(_ fate: CanaryFate) {
        let seeds = 0..<400 as Range<UInt64>
        #expect(seeds.contains { Scenario(seed: $0, cycles: 120).run().canaries.contains(fate) })
    }

    @Test("one seed, told line by line", .enabled(if: environment["DIALTONE_SEED"] != nil))
    func replay() throws {
        var scenario = Scenario(seed: try #require(Self.environment["DIALTONE_SEED"].flatMap { UInt64($0) }))
        scenario.isTracing = true
        let result = scenario.run()
        print(result.trace.joined(separator: "\n"))
        #expect(result.violations == [])
    }

    @Test("a seed replays, line by line", arguments: [3, 17, 320] as [UInt64])
    func replays(_ seed: UInt64) {
        var scenario = Scenario(seed: seed)
        scenario.isTracing = true
        let first = scenario.run()
        #expect(first.trace.count > 20)
        #expect(scenario.run().trace == first.trace)
    }
}
