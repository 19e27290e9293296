import Simulation
import Testing

/// `predict` and `settle` against what is then observed, for every kind of action.
@Suite struct ForesightTests {
    @Test(
        "what a plan foresees of each kind of action, and of what the systems then do by themselves, is what comes about"
    )
    func foresees() {
        var compared: Set<ActionKind> = []
        var waitedFor: Set<WaitKind> = []
        for seed in 0..<16 as Range<UInt64> {
            var comparison = ForesightComparison(seed: seed)
            comparison.run(rounds: 6, isVanishing: seed.isMultiple(of: 4))
            #expect(comparison.differences == [], "seed \(seed)")
            compared.formUnion(comparison.compared.keys)
            waitedFor.formUnion(comparison.waitedFor)
        }
        #expect(Set(ActionKind.allCases).subtracting(compared) == [], "kinds of actions that were never compared")
        // No dispatcher is expected in these manifests.
        let expected = Set(WaitKind.allCases).subtracting([.acknowledgement])
        #expect(expected.subtracting(waitedFor) == [], "kinds of waits that never came to an end")
    }
}
