import OrderedJSON

/// `spec.asterisk` and `spec.canary`: what both say in the same words stands once.
struct TrackDraft: Sendable {
    var replicas: Written<Int>?
    var perNode: Written<Int>?
    var image: Written<String>?
    var env: Written<[String: String]>?
    var runtime: Written<String>?
    var rollout: Written<RolloutDraft>?
    var drain: Written<DrainDraft>?
    var weight: Written<Int>?
    var steps: Written<[Written<StepDraft>]>?
    var analysis: Written<AnalysisDraft>?
    var match: Written<[Written<MatchDraft>]>?
    var probe: Written<ProbeDraft>?

    static let stable = Record(
        TrackDraft(), later: ["files", "secrets"],
        [
            replicas("Instances of the stable version. A canary's come on top."),
            // More than 40 ranges of 1,000 RTP ports do not fit between 20000 and 60000.
            Word(
                "perNode", .number(1...40), into: \.perNode, default: 1,
                "Instances that one node may carry. Instance n of a node, from 0, listens on port 5060 + 10 n, and the "
                    + "ports of AMI, ARI and RTP move with it: containers use the host's network."),
            image, env(""), runtime("docker"),
            Word(
                "rollout", RolloutDraft.record("instances").rule, into: \.rollout,
                "How a change reaches the instances."),
            Word(
                "drain", DrainDraft.record.rule, into: \.drain,
                "How the calls of an instance are let end before it, or its node, is touched."),
            Word(
                "probe", ProbeDraft.record.rule, into: \.probe,
                "A call that has to go well before an instance, also of the canary, gets its first caller, and after each "
                    + "change of it. Left out: one that answers OPTIONS gets calls."),
        ])

    static let canary = Record(
        TrackDraft(), later: ["files", "secrets"],
        [
            replicas("Instances of the canary, on top of the stable ones."),
            image,
            env(" On top of asterisk.env: a variable of the same name wins over the one there."),
            runtime(nil),
            Word(
                "weight", .number(0...100), into: \.weight, examples: [10],
                "Percent of calls that the canary gets. Left out: its part of all replicas, rounded."),
            Word(
                "steps", StepDraft.record.rule.list(atLeast: 1), into: \.steps,
                "Shares that the canary gets one after the other, each when the one before went well. They hold in place of "
                    + "the weight; after the last one `canary promote` gives its image to all."),
            Word(
                "analysis", AnalysisDraft.record.rule, into: \.analysis,
                "When a canary with steps goes back by itself: its calls are compared with the stable version's at the "
                    + "same time, by a sequential test with a stated error rate."),
            Word(
                "match", MatchDraft.record.rule.list(atLeast: 1), into: \.match,
                "Rules that pin calls to the canary or keep them away from it, in the order in which they are tried. All that a rule "
                    + "names must hold; the first that fits decides, and calls that none fits are drawn by weight."),
        ])

    private static let image = Word<TrackDraft>(
        "image", .containerImage, into: \.image, required: true, examples: ["registry.example.net/asterisk:20.9"],
        "The container image. A tag that names a version, or a digest, says what runs; 'latest' does not.")

    private static func replicas(_ help: String) -> Word<TrackDraft> {
        Word("replicas", .number(0...10_000), into: \.replicas, required: true, help)
    }

    private static func env(_ help: String) -> Word<TrackDraft> {
        Word(
            "env", Rule<[String: String]>.names(.variable, to: .variableText, "a mapping of names to texts"),
            into: \.env, default: .object([]), examples: [.object([("TZ", "Europe/Berlin")])],
            "Environment variables of the containers. Values are texts: numbers and true or false need quotes; yes and "
                + "no are texts as they are." + help)
    }

    private static func runtime(_ fallback: JSON?) -> Word<TrackDraft> {
        Word(
            "runtime", .choice(["docker", "podman"]), into: \.runtime, default: fallback,
            "What runs the containers on the nodes." + (fallback == nil ? " Left out: as asterisk.runtime says." : ""))
    }
}

/// `probe`
struct ProbeDraft: Sendable {
    var `extension`: Written<String>?

    static let record = Record(
        ProbeDraft(),
        [
            Word(
                "extension", .extension, into: \.extension, required: true, examples: ["9000"],
                "What is called, from the instance's own node, without authentication: it answers and sends back what it hears, as "
                    + "Answer and Echo do in Asterisk's dialplan.")
        ])
}

/// `drain`
struct DrainDraft: Sendable {
    var timeout: Written<Int>?
    var onTimeout: Written<String>?

    static let record = Record(
        DrainDraft(),
        [
            Word(
                "timeout", .duration(within: 1...604_800, "a time from 1s to 168h, such as 30m"), into: \.timeout,
                default: "1h", examples: ["30m"],
                "How long calls may take to end, from when no new ones are dealt to the instance."),
            Word(
                "onTimeout", .choice(["hold", "cut"]), into: \.onTimeout, default: "hold",
                "What happens to calls that are up then: hold leaves them and waits for a person, cut ends them."),
        ])
}

/// `rollout`
struct RolloutDraft: Sendable {
    var maxUnavailable: Written<Int>?

    static func record(_ what: String) -> Record<RolloutDraft> {
        Record(
            RolloutDraft(),
            [
                Word(
                    "maxUnavailable", .number(1...10_000), into: \.maxUnavailable, default: 1,
                    "How many \(what) may be down at one time on Dialtone's account.")
            ])
    }
}

extension Rule where Value == String {
    /// IEEE 1003.1, 8.1, without the limits of none.
    fileprivate static let variable = text(
        Pattern(.run(.nameStart, 1...1), .run(.name, 0...Int.max)), maximum: 255,
        "a name of letters, digits and '_' that does not begin with a digit or DIALTONE_",
        check: { $0.hasPrefix("DIALTONE_") ? ", a name that Dialtone itself sets" : nil })

    fileprivate static let `extension` = text(
        Pattern(.run(Characters("a"..."z", "A"..."Z", "0"..."9", and: "+*#._-"), 1...32)), maximum: 32,
        "an extension in quotes, of letters, digits and + * # . _ -, at most 32 characters")

    fileprivate static let variableText = text(
        Pattern(.run(.printable(and: "\n\t"), 0...Int.max)), maximum: 65_536,
        "text without control characters but line breaks and tabs",
        isSecret: true)
}
