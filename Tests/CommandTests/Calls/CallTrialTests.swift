import FoundationEssentials
import TestSupport
import Testing

/// No call is cut, whatever is done to the cluster on purpose or happens to those who look after it (PAINS, P12 and P14 among them).
@Suite struct CallTrialTests {
    private static let report = ProcessInfo.processInfo.environment["DIALTONE_CALLS"]

    @Test("Of 300 calls none is cut through", arguments: CallTrial.few)
    func few(_ trial: CallTrial) async throws {
        try await trial.run(.few).expect(.few)
    }

    @Test(
        "Of 2,000 calls, 100 and more of them up at once, none is cut through any of the trials",
        .enabled(if: report != nil, "make test-calls runs them all"), .timeLimit(.minutes(40)))
    func many() async throws {
        var results: [CallTrial.Result] = []
        for trial in CallTrial.all {
            do {
                let result = try await trial.run(.many)
                result.expect(.many)
                results.append(result)
                print(result.row)
            } catch {
                Issue.record("\(trial.testDescription): \(error)")
            }
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        let file = try #require(Self.report)
        try Data(encoder.encode(results)).write(to: URL(filePath: file + ".json"))
        let table = ([CallTrial.Result.head] + results.map(\.row)).joined(separator: "\n") + "\n"
        try Data(table.utf8).write(to: URL(filePath: file + ".md"))
        print(table)
    }
}
