import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// Calls that go on while something is done to the cluster: none of them may be cut.
struct CallTrial: Sendable, CustomTestStringConvertible {
    /// How many calls, how fast, and how long each lasts.
    struct Load: Sendable {
        /// Calls a second.
        var rate: Int
        /// Seconds for which calls begin.
        var seconds: Int
        /// Milliseconds that each lasts.
        var hold: Int
        /// The fewest that are to be up at once at some time.
        var atOnce: Int

        var calls: Int { rate * seconds }

        /// Of `make test`.
        static let few = Load(rate: 12, seconds: 25, hold: 1500, atOnce: 15)
        /// Of `make test-calls`.
        static let many = Load(rate: 40, seconds: 50, hold: 3000, atOnce: 100)
    }

    var testDescription: String
    /// What stands when the calls begin.
    var manifest: ManifestText
    /// What is done to it while they are up.
    var disturb: @Sendable (LabSession, ManifestText) async throws -> Void

    init(
        _ name: String, _ manifest: ManifestText,
        _ disturb: @escaping @Sendable (LabSession, ManifestText) async throws -> Void
    ) {
        testDescription = name
        self.manifest = manifest
        self.disturb = disturb
    }

    /// What the calls of one trial saw.
    struct Result: Encodable, Sendable {
        var trial: String
        var calls: Int
        var answered: Int
        var cut: Int
        var lost: Int
        var unanswered: Int
        var atOnce: Int
        /// Milliseconds within which 95 of 100 calls rang or were answered, on the track that was slower.
        var delay95: Int
    }

    /// Runs it in a lab of its own.
    func run(_ load: Load) async throws -> Result {
        try await LabSession.run(kamailios: 1) { lab in
            // A canary that comes by steps is waited for in the trial itself.
            var beginning = manifest
            if manifest.canary?.steps != nil { beginning.canary = nil }
            try await lab.apply(beginning)
            let caller = try lab.start(
                "lab", "call", "--dir", lab.directory, "--rate", "\(load.rate)", "--duration", "\(load.seconds)",
                "--hold", "\(load.hold)", "-o", "json")
            let isUp = manifest
            try await eventually("calls are up", deadline: .seconds(20)) {
                try await lab.status(isUp)["instances"].array.contains { ($0["calls"].int ?? 0) > 3 }
            }
            try await disturb(lab, manifest)
            // On a busy machine a few calls may be over before it is; of many, some go on behind it.
            if load.calls > 1000 { #expect(caller.isRunning, "\(testDescription): the calls were over before") }
            try await caller.waitForExit(deadline: .seconds(Int64(load.seconds) + 60))
            let report = try JSON(caller.output)
            let delays = report["tracks"].object.values.compactMap { $0["delay95"].int }
            return Result(
                trial: testDescription, calls: report["calls"].int ?? 0, answered: report["answered"].int ?? 0,
                cut: report["cut"].int ?? -1, lost: report["lost"].int ?? -1,
                unanswered: report["unanswered"].int ?? -1, atOnce: report["atOnce"].int ?? 0,
                delay95: delays.max() ?? -1)
        }
    }
}

extension CallTrial.Result {
    /// Every call was answered, and ended by its caller.
    func expect(_ load: CallTrial.Load) {
        #expect(calls == load.calls && answered == load.calls, "\(self)")
        #expect(cut == 0 && lost == 0 && unanswered == 0, "\(self)")
        #expect(atOnce >= load.atOnce, "\(self)")
    }

    /// A line of the table in the README.
    var row: String { "| \(trial) | \(calls) | \(atOnce) | \(answered) | \(cut) | \(lost) | \(delay95) ms |" }

    static let head = """
        | while calls are up | calls | up at once | answered | cut | lost | 95 % rang within |
        |---|---|---|---|---|---|---|
        """
}
