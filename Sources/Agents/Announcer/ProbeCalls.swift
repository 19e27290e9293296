import FoundationEssentials
import SIP

/// The probe calls to an instance since it has answered: when the next one is due, and what they came to.
struct ProbeCalls: Sendable {
    private let timing: AnnouncerConfiguration.Timing
    private var failures = 0
    private var nextAt = ContinuousClock.now
    /// `nil`: it has yet to be known. One that went well is not made again.
    private(set) var result: ProbeCall.Result?

    init(_ timing: AnnouncerConfiguration.Timing) {
        self.timing = timing
    }

    func isDue(_ now: ContinuousClock.Instant) -> Bool { result != .passed && now >= nextAt }

    mutating func note(_ answer: ProbeCall.Result, now: ContinuousClock.Instant) {
        switch answer {
        case .passed: result = .passed
        case .failed:
            failures += 1
            if failures >= timing.callFailures { result = answer }
            nextAt = now + .seconds(result == nil ? timing.call : timing.callAfterFailure)
        }
    }
}
