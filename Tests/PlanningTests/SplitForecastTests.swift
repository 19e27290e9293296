import ClusterModel
import Planning
import Testing

/// What will be dealt, in numbers.
@Suite struct SplitForecastTests {
    private func shares(
        _ stable: [Shares.Member.State], _ canary: [Shares.Member.State] = [], percent: Int = 0
    ) -> Shares {
        let members = [(Track.stable, stable), (.canary, canary)].flatMap { track, states in
            states.enumerated().map {
                Shares.Member(name: "\(track)-\($0)", address: "10.0.0.1:5060", track: track, state: $1)
            }
        }
        return Shares(revision: 1, draw: .init(stable: 100 - percent, canary: percent), instances: members)
    }

    struct Row: Sendable {
        var stable: [Shares.Member.State]
        var canary: [Shares.Member.State] = []
        var percent = 0
        var expected: [String]
    }

    @Test(
        "each instance's part of the calls",
        arguments: [
            Row(stable: [.in], expected: ["100 %"]),
            Row(stable: [.in, .in, .in], expected: ["33.33 %", "33.33 %", "33.33 %"]),
            Row(stable: [.in, .in, .in], canary: [.in], percent: 10, expected: ["30 %", "30 %", "30 %", "10 %"]),
            // What is held off changes nothing of the split.
            Row(stable: [.in, .draining, .in], canary: [.in], percent: 10, expected: ["45 %", "0 %", "45 %", "10 %"]),
            // An empty canary goes to stable, not the other way round.
            Row(stable: [.in, .in], canary: [.draining], percent: 10, expected: ["50 %", "50 %", "0 %"]),
            Row(stable: [.out], canary: [.in], percent: 10, expected: ["0 %", "10 %"]),
            Row(stable: [], canary: [.in, .in], percent: 10, expected: ["50 %", "50 %"]),
            Row(stable: [.in], canary: [], percent: 10, expected: ["100 %"]),
            Row(stable: [], expected: []),
        ])
    func parts(_ row: Row) {
        let forecast = SplitForecast(shares(row.stable, row.canary, percent: row.percent))
        #expect(forecast.instances.map(\.percent) == row.expected)
    }

    @Test("a canary instance that gets a multiple of a stable one's calls is warned of")
    func warnings() {
        let many = [Shares.Member.State](repeating: .in, count: 9)
        #expect(SplitForecast(shares(many, [.in], percent: 10)).warnings.isEmpty)
        #expect(
            SplitForecast(shares(many, [.in], percent: 50)).warnings == [
                "each canary instance gets 9.0 times the calls of a stable one: 50 % over 1, beside 50 % over 9"
            ])
        #expect(SplitForecast(shares([.out], [.in], percent: 10)).warnings.count == 1)
        #expect(SplitForecast(shares([.in], [.in], percent: 100)).warnings.isEmpty)
    }

    @Test("a release that nobody has measured has no model")
    func versions() {
        #expect(Dealing(version: .measured) != nil)
        #expect(KamailioVersion("6.1.5").flatMap(Dealing.init(version:)) != nil)
        #expect(KamailioVersion("6.2.0-dev1").flatMap(Dealing.init(version:)) == nil)
        #expect(KamailioVersion("5.5.1").flatMap(Dealing.init(version:)) == nil)
        #expect(KamailioVersion("rubbish") == nil)
    }

    @Test("what Kamailio was measured to deal from a hundred slots")
    func measured() {
        func deal(_ weights: [Int]) -> [Int] {
            Dealing.measured.relativeWeights(weights.map { Dealing.Destination(weight: $0) })
        }
        #expect(deal([99, 1]) == [99, 1])
        #expect(deal([100, 1]) == [100, 0])
        #expect(deal([50, 50, 1]) == [51, 49, 0])
        #expect(deal([1, 1, 1]) == [34, 33, 33])
        #expect(deal([0, 0]) == [0, 100])
        #expect(deal([200, 100]) == [0, 100])
        #expect(deal([Int](repeating: 1, count: 101)) == [100] + [Int](repeating: 0, count: 100))
        #expect(deal([Int](repeating: 1, count: 60)) == [41] + [Int](repeating: 1, count: 59))
        let nine = Dealing.measured.weights([Dealing.Destination](repeating: .init(weight: 3), count: 30))
        #expect(nine == [13] + [Int](repeating: 3, count: 29))
    }
}
