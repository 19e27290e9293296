import ClusterModel
import OrderedJSON
import Provisioning

/// The JSON of the key `rollout`.
enum RolloutFormat {
    static func text(_ record: RolloutRecord) -> String {
        JSON.object([
            ("schema", 1), ("image", .text(record.version.image)), ("env", env(record.version)),
            ("state", .text(record.state.rawValue)),
            ("reason", record.reason.map(JSON.text) ?? .null), ("step", .number(record.step)),
            ("since", record.since.map(time) ?? .null), ("readAt", time(record.readAt)),
            ("read", .object(record.read.sorted { $0.key < $1.key }.map { ($0.key, reading($0.value)) })),
            ("counted", counted(record.counted)),
            (
                "evidence",
                .object(
                    Measure.allCases.compactMap { measure in
                        record.evidence[measure].map { (measure.rawValue, .array($0.map(JSON.number))) }
                    })
            ),
            (
                "verdicts",
                .array(
                    record.verdicts.map {
                        .object([
                            ("step", .number($0.step)), ("weight", .number($0.weight)), ("at", time($0.at)),
                            ("counted", counted($0.counted)),
                        ])
                    })
            ),
            (
                "promoted",
                record.promoted.map {
                    .object([
                        ("image", .text($0.version.image)), ("env", env($0.version)),
                        ("replaces", .text($0.replaces.image)), ("replacesEnv", env($0.replaces)),
                        ("before", $0.before.map { .text($0.image) } ?? .null),
                        ("beforeEnv", $0.before.map(env) ?? .null),
                    ])
                } ?? .null
            ),
        ]).compact
    }

    /// `null`: not known. Versions of Dialtone before told a canary by its image alone, and pass over these members.
    private static func env(_ version: WorkloadVersion) -> JSON {
        version.env.map { .object($0.sorted { $0.key < $1.key }.map { ($0.key, .text($0.value)) }) } ?? .null
    }

    private static func time(_ instant: Instant) -> JSON { .text(Timestamp.text(instant)) }

    private static func reading(_ reading: RolloutRecord.Reading) -> JSON {
        .object([
            ("startedAt", time(reading.startedAt)), ("stable", track(reading.stable)),
            ("canary", track(reading.canary)),
        ])
    }

    private static func counted(_ tracks: [Track: TrackTally]) -> JSON {
        .object(Track.allCases.compactMap { name in tracks[name].map { (name.rawValue, track($0)) } })
    }

    private static func track(_ tally: TrackTally) -> JSON {
        .object(
            Measure.allCases.map { measure in
                (
                    measure.rawValue,
                    .object([("calls", .number(tally[measure].calls)), ("wrong", .number(tally[measure].wrong))])
                )
            })
    }
}

/// The key `rollout`, as it was read.
struct RolloutDocument: Decodable {
    struct Reading: Decodable {
        var startedAt: String
        var stable: TrackTally
        var canary: TrackTally
    }

    struct Verdict: Decodable {
        var step: Int
        var weight: Int
        var at: String
        var counted: [String: TrackTally]
    }

    struct Promotion: Decodable {
        var image: String
        var env: [String: String]?
        var replaces: String
        var replacesEnv: [String: String]?
        var before: String?
        var beforeEnv: [String: String]?

        var promotion: RolloutRecord.Promotion {
            RolloutRecord.Promotion(
                WorkloadVersion(image: image, env: env), replaces: WorkloadVersion(image: replaces, env: replacesEnv),
                before: before.map { WorkloadVersion(image: $0, env: beforeEnv) })
        }
    }

    var image: String
    // Not written by earlier versions.
    var env: [String: String]?
    var state: RolloutRecord.State
    var reason: String?
    var step: Int
    var since: String?
    var readAt: String
    var read: [String: Reading]
    var counted: [String: TrackTally]
    var evidence: [String: [Int]]
    var verdicts: [Verdict]
    var promoted: Promotion?

    /// `nil`: one of its times is none.
    var record: RolloutRecord? {
        guard let readAt = Timestamp.instant(readAt) else { return nil }
        var record = RolloutRecord(
            WorkloadVersion(image: image, env: env), state: state, reason: reason, step: step,
            since: since.flatMap(Timestamp.instant),
            readAt: readAt, counted: Self.tracks(counted), promoted: promoted?.promotion)
        for (name, reading) in read {
            guard let startedAt = Timestamp.instant(reading.startedAt) else { return nil }
            record.read[name] = RolloutRecord.Reading(
                startedAt: startedAt, stable: reading.stable, canary: reading.canary)
        }
        for (name, logs) in evidence {
            if let measure = Measure(rawValue: name) { record.evidence[measure] = logs }
        }
        for verdict in verdicts {
            guard let at = Timestamp.instant(verdict.at) else { return nil }
            record.verdicts.append(
                RolloutRecord.Verdict(
                    step: verdict.step, weight: verdict.weight, at: at, counted: Self.tracks(verdict.counted)))
        }
        return record
    }

    private static func tracks(_ named: [String: TrackTally]) -> [Track: TrackTally] {
        var found: [Track: TrackTally] = [:]
        for (name, tally) in named {
            if let track = Track(rawValue: name) { found[track] = tally }
        }
        return found
    }
}
