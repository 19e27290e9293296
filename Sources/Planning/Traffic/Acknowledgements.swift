import ClusterModel

/// Whether the shares are in force: every expected dispatcher has acknowledged their revision.
struct Acknowledgements {
    let survey: Survey

    /// Dispatchers that have not acknowledged this revision.
    func missing(_ shares: Shares) -> [String] {
        survey.desired.spec.kamailio.external.filter { survey.registry?.dispatchers[$0]?.revision != shares.revision }
    }

    /// What stands between an instance that was taken out and the certainty that it gets no new call; `nil`: nothing does.
    ///
    /// With no dispatcher expected a revision is in force when it is written.
    func verdict(_ instance: Survey.Instance) -> Gate.Verdict? {
        guard instance.member != nil, let shares = survey.registry?.shares else { return nil }
        let missing = missing(shares)
        guard !missing.isEmpty else { return nil }
        let late = missing.filter { isOverdue($0, shares) }
        guard late.isEmpty else {
            return .held(.calls, because: late.map { because($0, shares) }.joined(separator: "; "))
        }
        return .waiting(missing.map { wait($0, shares) })
    }

    /// Waits for those that are missing, and says what of a dispatcher does not do.
    func plan(_ shares: Shares, into draft: inout Draft) {
        for name in missing(shares) {
            if isOverdue(name, shares) {
                draft.hold(name, .overdue, "wait for dispatcher", because: because(name, shares))
            } else {
                draft.await([wait(name, shares)])
            }
        }
        let draws = shares.draw.canary > 0 || !shares.emergencyNumbers.isEmpty || !shares.match.isEmpty
        for name in survey.desired.spec.kamailio.external where draws {
            guard let record = survey.registry?.dispatchers[name], record.route == nil else { continue }
            draft.hold(
                name, .environment, "split the calls of dispatcher",
                because: """
                    Kamailio's script there has no dialtone-route.cfg, which draws the track of a call; include it, or \
                    take the canary out of the manifest
                    """)
        }
    }

    private func isOverdue(_ name: String, _ shares: Shares) -> Bool {
        guard let since = shares.writtenAt else { return survey.registry?.dispatchers[name] == nil }
        return survey.now >= since.advanced(bySeconds: survey.limits.acknowledgement)
    }

    private func wait(_ name: String, _ shares: Shares) -> Wait {
        Wait(
            .acknowledgement(dispatcher: name), since: shares.writtenAt, limit: survey.limits.acknowledgement,
            assumes: "has revision \(shares.revision) of the shares in force")
    }

    private func because(_ name: String, _ shares: Shares) -> String {
        let standing = survey.registry?.dispatchers[name].map { "has revision \($0.revision)" } ?? "does not report"
        return """
            dispatcher \(name) \(standing), and revision \(shares.revision) is not known to be in force there: it may still deal by \
            an older one; look at its Kamailio and at `dialtone dispatch` beside it
            """
    }
}
