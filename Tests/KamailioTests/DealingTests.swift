import Planning
import TestSupport
import Testing

/// The model of what Kamailio deals, held to a real one.
@Suite struct DealingTests {
    /// Numbers from a seed, the same everywhere (SplitMix64).
    struct Chance: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    private func list(_ destinations: [Dealing.Destination], _ word: String, set: Int = 1) -> String {
        destinations.enumerated().map { index, destination in
            let weight = destination.weight > 0 ? ";\(word)=\(destination.weight)" : ""
            return
                "\(set) sip:127.0.0.1:\(10_000 + index) \(destination.isActive ? 32 : 36) 0 duid=d\(index)\(weight)\n"
        }.joined()
    }

    private func counts(_ picks: [String: Int], _ count: Int) -> [Int] {
        (0..<count).map { picks["d\($0)"] ?? 0 }
    }

    private func generated(_ chance: inout Chance, heaviest: Int) -> [Dealing.Destination] {
        (0..<Int.random(in: 1...12, using: &chance)).map { _ in
            Dealing.Destination(
                weight: Int.random(in: 0...heaviest, using: &chance),
                isActive: Int.random(in: 0..<4, using: &chance) > 0)
        }
    }

    @Test("Algorithms 11, 9 and 4 deal exactly what the model says: 60 generated lists each, 500 picks a list")
    func generatedLists() async throws {
        let picker = try await Picker(list: "1 sip:127.0.0.1:9 32 0 duid=d0\n")
        var chance = Chance(state: 20_261_124)
        for round in 0..<60 {
            for (algorithm, word, heaviest) in [(11, "rweight", 100), (9, "weight", 40), (4, "x", 0)] {
                let destinations = generated(&chance, heaviest: heaviest)
                try await picker.reload(list(destinations, word))
                let model = Dealing.measured
                let expected =
                    switch algorithm {
                    case 11: model.relativeWeights(destinations).map { $0 * 5 }
                    case 9: model.weights(destinations).map { $0 * 5 }
                    default: model.roundRobin(destinations, calls: 500)
                    }
                let picks = try await picker.pick(500, algorithm: algorithm)
                #expect(
                    counts(picks, destinations.count) == expected,
                    "round \(round), algorithm \(algorithm): \(destinations.map { "\($0.weight)\($0.isActive ? "" : "!")" })"
                )
            }
        }
        try await picker.kamailio.stop()
    }

    @Test(
        "P18: shares of 0 to 100 percent over 1 to 250 instances: the split is exact, and inside a track the spread is one call",
        arguments: [1, 2, 3, 4, 5, 6, 7, 30, 101, 250])
    func split(instances: Int) async throws {
        let all = [Dealing.Destination](repeating: .init(), count: instances)
        let picker = try await Picker(list: list(all, "x"))
        for share in [0, 1, 5, 10, 33, 50, 99, 100] {
            let draw = [(1, 100 - share), (2, share)].filter { $0.1 > 0 }
            let lines = draw.map { "9 sip:127.0.0.1:9 32 0 duid=d\($0.0);rweight=\($0.1);track=\($0.0)\n" }
            try await picker.reload(list(all, "x") + lines.joined())
            let tracks = try await picker.pick(1000, set: 9, algorithm: 11)
            #expect(tracks["d1"] ?? 0 == 1000 - 10 * share)
            #expect(tracks["d2"] ?? 0 == 10 * share)
        }
        let picks = counts(try await picker.pick(2000, algorithm: 4), instances)
        #expect(picks == Dealing.measured.roundRobin(all, calls: 2000))
        #expect((picks.max() ?? 0) - (picks.min() ?? 0) <= 1)
        try await picker.kamailio.stop()
    }
}
