import ClusterModel

// The promotion that stands until the manifest follows.
extension RolloutPlanner {
    func sayPromoted(
        _ promotion: RolloutRecord.Promotion, _ record: RolloutRecord?, into draft: inout Draft
    ) {
        let isLast = record?.state == .promoting || survey.desired.spec.canary == nil
        let mend = isLast ? ", or take it back with `dialtone canary abort`" : ""
        let written = survey.desired.spec.asterisk.workload
        let wanted = written.promoted(promotion)
        let names = Set(written.env.keys).union(wanted.env.keys).filter { written.env[$0] != wanted.env[$0] }.sorted()
        let env = "the canary's value of env \(names.joined(separator: ", "))"
        let isImage = wanted.image != written.image
        draft.hold(
            "canary", .rollout, "go on from",
            because: isImage
                ? """
                \(wanted.image) was promoted, and the manifest still names \(written.image) for all; write \
                \(wanted.image) there\(names.isEmpty ? "" : " with \(env)")\(mend)
                """
                : """
                the canary's env was promoted, and the manifest still has another for all; write \(env) into \
                asterisk.env\(mend)
                """,
            location: survey.desired.spec.locations[isImage ? "spec.asterisk.image" : "spec.asterisk.env"])
    }
}
