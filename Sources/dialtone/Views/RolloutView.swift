import ClusterModel
import Planning

/// `canary status` for people.
struct RolloutText {
    var overview: RolloutOverview
    var style = Style.plain

    var text: String {
        let record = overview.record
        var head = [
            style.bold(
                "Canary \(record.version.image): step \(record.step + 1) of \(overview.steps.count), \(record.state.rawValue)"
                    .printable)
        ]
        if let reason = record.reason { head.append("Because \(reason)".printable) }
        if let since = record.since { head.append("Since \(since.text)") }
        head.append("Share: asked \(overview.asked) %, dealt \(overview.dealt) %, \(measured)")
        let measures = Table(
            ["WRONG", "STABLE", "CANARY", "EVIDENCE", "BACK AT"],
            overview.measures.map { item in
                [
                    item.measure.rawValue, item.stable.text, item.canary.text,
                    item.evidence < 10_000 ? item.evidence.rounded(to: 2) : "over 9999", item.limit.rounded(to: 0),
                ]
            })
        let verdicts = record.verdicts.map { verdict in
            "Step \(verdict.step + 1), \(verdict.weight) %: passed at \(verdict.at.text) with \(verdict.counted[.canary]?.unanswered.calls ?? 0) calls"
        }
        return [head, measures.lines, verdicts].filter { !$0.isEmpty }.map { $0.joined(separator: "\n") + "\n" }
            .joined(separator: "\n")
    }

    private var measured: String {
        guard let share = overview.measured else { return "no call measured yet" }
        return """
            measured \(share.value.percent) (\(share.low.percent) to \(share.high.percent) at 95 %) of \
            \(overview.allCalls) calls
            """
    }
}

/// `canary status -o json`; every field is documented in `docs/plan-json.md`.
struct CanaryDocument: Encodable {
    let apiVersion = "dialtone/v1"
    let kind = "Canary"
    var cluster: String
    /// Left out: it has yet to begin, or etcd cannot be read.
    var rollout: RolloutDocument?
    var steps: [Step]
    var share: Share?
    var measures: [Measure]
    var verdicts: [Verdict]

    struct Step: Encodable {
        var weight: Int
        var pauseSeconds: Int
        var calls: Int
    }

    /// In percent.
    struct Share: Encodable {
        var asked: Int
        var dealt: Int
        var measured: Double?
        var low: Double?
        var high: Double?
        var calls: Int
    }

    struct Measure: Encodable {
        var measure: String
        var stable: Tally
        var canary: Tally
        var evidence: Double
        var limit: Double
    }

    struct Verdict: Encodable {
        var step: Int
        var weight: Int
        var at: String
        var calls: Int
    }

    init(_ overview: RolloutOverview?, _ spec: ClusterSpec) {
        cluster = spec.name
        rollout = overview.map { RolloutDocument($0.record) }
        steps = (spec.canary?.steps ?? []).map { Step(weight: $0.weight, pauseSeconds: $0.pause, calls: $0.calls) }
        share = overview.map {
            Share(
                asked: $0.asked, dealt: $0.dealt, measured: $0.measured.map { 100 * $0.value },
                low: $0.measured.map { 100 * $0.low }, high: $0.measured.map { 100 * $0.high }, calls: $0.allCalls)
        }
        measures = (overview?.measures ?? []).map {
            Measure(
                measure: $0.measure.rawValue, stable: $0.stable, canary: $0.canary, evidence: $0.evidence,
                limit: $0.limit)
        }
        verdicts = (overview?.record.verdicts ?? []).map {
            Verdict(
                step: $0.step + 1, weight: $0.weight, at: $0.at.text, calls: $0.counted[.canary]?.unanswered.calls ?? 0)
        }
    }
}

extension Tally {
    /// `3 of 120, 2.5 %`
    fileprivate var text: String {
        "\(wrong) of \(calls)" + (calls > 0 ? ", \((Double(wrong) / Double(calls)).percent)" : "")
    }
}

extension Double {
    fileprivate var percent: String { "\((100 * self).rounded(to: 1)) %" }

    fileprivate func rounded(to digits: Int) -> String {
        let scale = (0..<digits).reduce(1) { all, _ in all * 10 }
        let whole = Int((Swift.min(self, 1e12) * Double(scale)).rounded())
        guard digits > 0 else { return "\(whole)" }
        let rest = "\(whole % scale)"
        return "\(whole / scale)." + String(repeating: "0", count: digits - rest.count) + rest
    }
}
