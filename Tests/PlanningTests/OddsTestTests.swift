import ClusterModel
import Testing

@testable import Planning

/// The sequential comparison of two tracks (its error rate is stated; here it is measured).
@Suite struct OddsTestTests {
    /// xorshift64*, so that a run is the same every time.
    private struct Chance: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state ^= state >> 12
            state ^= state << 25
            state ^= state >> 27
            return state &* 0x2545_F491_4F6C_DD1D
        }

        mutating func tally(_ calls: Int, wrong share: Double) -> Tally {
            Tally(calls: calls, wrong: (0..<calls).count { _ in Double.random(in: 0..<1, using: &self) < share })
        }
    }

    /// Looks after every block; the block at which it finds the canary worse, if it does.
    private func found(
        _ chance: inout Chance, blocks: Int, tolerated: Double, error: Double, _ shares: (Int) -> (Double, Double)
    ) -> Int? {
        var test = OddsTest()
        for block in 0..<blocks {
            let (stable, canary) = shares(block)
            test.add(
                stable: chance.tally(18, wrong: stable), canary: chance.tally(2, wrong: canary), tolerated: tolerated)
            if test.finds(error: error) { return block }
        }
        return nil
    }

    @Test("a canary that is no worse is rarely sent back, however often it is looked at", arguments: [0.02, 0.2, 0.7])
    func sound(_ share: Double) {
        var chance = Chance(state: 42)
        let runs = 400
        let wrong = (0..<runs).count { _ in
            found(&chance, blocks: 100, tolerated: 1, error: 0.05) { _ in (share, share) } != nil
        }
        #expect(wrong <= runs * 5 / 100, "\(wrong) of \(runs)")
    }

    @Test("an outage that both tracks see is held against none of them")
    func outage() {
        var chance = Chance(state: 7)
        let wrong = (0..<400).count { _ in
            found(&chance, blocks: 100, tolerated: 1, error: 0.05) {
                (30..<40).contains($0) ? (0.95, 0.95) : (0.02, 0.02)
            }
                != nil
        }
        #expect(wrong <= 20, "\(wrong) of 400")
    }

    @Test("one that is worse, but within what is tolerated, stays")
    func tolerated() {
        var chance = Chance(state: 9)
        // Odds of 0.3 are 1.5 times those of 0.222.
        let wrong = (0..<200).count { _ in
            found(&chance, blocks: 200, tolerated: 1.5, error: 0.05) { _ in (0.222, 0.3) } != nil
        }
        #expect(wrong <= 10, "\(wrong) of 200")
    }

    @Test("one that fails a fifth of its calls is found within some dozens of them", arguments: 1...20)
    func bad(_ seed: UInt64) throws {
        var chance = Chance(state: seed &* 0x9E37_79B9_7F4A_7C15)
        let block = try #require(found(&chance, blocks: 200, tolerated: 1.5, error: 0.0025) { _ in (0.02, 0.2) })
        #expect(block * 2 < 160, "after \(block * 2) calls of the canary")
    }

    @Test("nothing and all that went wrong say nothing")
    func silent() {
        var test = OddsTest()
        for (stable, canary) in [(0, 0), (90, 10)] {
            test.add(
                stable: Tally(calls: 90, wrong: stable), canary: Tally(calls: 10, wrong: canary), tolerated: 1)
        }
        test.add(stable: Tally(calls: 90, wrong: 30), canary: Tally(), tolerated: 1)
        #expect(test == OddsTest())
    }

    @Test("the likelihood ratio is that of the hypergeometric distribution")
    func ratio() {
        // 1 of 2 on the stable track and 1 of 1 on the canary went wrong: of the 2, the canary's was one with odds w: P = 2w / (2w + 1).
        var test = OddsTest()
        test.add(stable: Tally(calls: 2, wrong: 1), canary: Tally(calls: 1, wrong: 1), tolerated: 1)
        let expected = OddsTest.alternatives.map { (2 * $0 / (2 * $0 + 1)) / (2.0 / 3) }
        let mean = expected.reduce(0, +) / Double(expected.count)
        #expect(abs(test.evidence - mean) < 1e-9)
    }

    @Test("what is kept of it goes on where it was")
    func kept() {
        var test = OddsTest()
        test.add(stable: Tally(calls: 90, wrong: 1), canary: Tally(calls: 10, wrong: 5), tolerated: 1.5)
        #expect(abs(OddsTest(test.millionths).evidence / test.evidence - 1) < 1e-5)
        #expect(OddsTest([1, 2]) == OddsTest())
    }

    @Test(
        "Wilson's interval lies about the share, and in [0, 1]",
        arguments: [
            (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (10, 100, 0.0552, 0.1744),
        ])
    func wilson(_ part: Int, _ all: Int, _ low: Double, _ high: Double) throws {
        let interval = try #require(Interval(part, of: all))
        #expect(abs(interval.low - low) < 0.0005 && abs(interval.high - high) < 0.0005)
        #expect(Interval(0, of: 0) == nil)
    }
}
