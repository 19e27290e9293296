import OrderedJSON

/// One of `canary.steps`
struct StepDraft: Sendable {
    var weight: Written<Int>?
    var pause: Written<Int>?
    var calls: Written<Int>?

    static let record = Record(
        StepDraft(),
        [
            Word(
                "weight", .number(1...100), into: \.weight, required: true, examples: [5],
                "Percent of calls that the canary gets at this step."),
            Word(
                "pause", .duration(within: 1...604_800, "a time from 1s to 168h, such as 30m"), into: \.pause,
                default: "10m", "How long the step lasts at least, from when every dispatcher has its share in force."),
            Word(
                "calls", .number(0...1_000_000), into: \.calls, default: 100,
                "Calls of the canary that have to have ended before the step can pass. Fewer are no pass and no failure: it "
                    + "waits for them."),
        ])
}

/// `canary.analysis`
struct AnalysisDraft: Sendable {
    var errorRate: Written<Int>?
    var tolerance: Written<Int>?
    var delay: Written<String>?

    static let record = Record(
        AnalysisDraft(),
        [
            Word(
                "errorRate", .number(1...20), into: \.errorRate, default: 1,
                "Percent of canaries as good as tolerated that are sent back all the same, over the whole rollout."),
            Word(
                "tolerance", .number(0...1_000), into: \.tolerance, default: 50,
                "By how many percent the odds that a call goes wrong may be worse than the stable version's."),
            Word(
                "delay", .choice(["50ms", "100ms", "200ms", "500ms", "1s", "2s", "4s", "8s"]), into: \.delay,
                default: "4s",
                "A call that takes longer to ring is slow. One of the classes that Kamailio counts."),
        ])
}
