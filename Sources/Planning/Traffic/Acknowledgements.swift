import ClusterModel

/// Whether the shares are in force: every expected dispatcher has acknowledged their revision.
struct Acknowledgements {
    let survey: Survey

    /// Dispatchers that have not acknowledged this revision.
    func missing(_ shares: Shares) -> [String] {
        survey.expectedDispatchers.filter { survey.registry?.dispatchers[$0]?.revision != shares.revision }
    }

    /// What stands between an instance that was taken out and the certainty that it gets no new call; `nil`: nothing does.
    ///
    /// With no dispatcher expected a revision is in force when it is written.
    func verdict(_ instance: Survey.Instance) -> Gate.Verdict? {
        guard instance.member != nil, let shares = survey.registry?.shares else { return nil }
        let missing = missing(shares)
        guard !missing.isEmpty else { return nil }
        let due = missing.filter { !survey.isOnItsWay($0) }
        let late = due.filter { isOverdue($0, shares) }
        guard late.isEmpty else {
            return .held(.calls, because: late.map { because($0, shares) }.joined(separator: "; "))
        }
        return .waiting(due.map { wait($0, shares) })
    }

    /// Waits for those that are missing, and says what of a dispatcher does not do.
    func plan(_ shares: Shares, into draft: inout Draft) {
        for name in missing(shares) where !survey.isOnItsWay(name) {
            if isOverdue(name, shares) {
                draft.hold(name, .overdue, "wait for dispatcher", because: because(name, shares))
            } else {
                draft.await([wait(name, shares)])
            }
        }
        let draws = shares.draw.canary > 0 || !shares.emergencyNumbers.isEmpty || !shares.match.isEmpty
        for name in survey.desired.spec.dispatchers where draws {
            guard let record = survey.registry?.dispatchers[name], record.route == nil else { continue }
            draft.hold(
                name, .environment, "split the calls of dispatcher",
                because: """
                    Kamailio's script there has no dialtone-route.cfg, which draws the track of a call; include it, or \
                    take the canary out of the manifest
                    """)
        }
    }

    /// From when on it may have them in force, and how long it may take: one of ours has to start first.
    private func beginning(_ name: String, _ shares: Shares) -> (since: Instant?, limit: Int) {
        let limits = survey.limits
        guard let begun = survey.kamailio(name)?.begun, shares.writtenAt.map({ begun > $0 }) ?? true else {
            return (shares.writtenAt, limits.acknowledgement)
        }
        return (begun, limits.registration)
    }

    /// A Kamailio of others that deals by other sets than the manifest names.
    func planSets(into draft: inout Draft) {
        for (name, sets) in survey.desired.spec.kamailio.sets.sorted(by: { $0.key < $1.key }) {
            guard let told = survey.registry?.dispatchers[name]?.sets, told != sets else { continue }
            draft.hold(
                name, .environment, "deal by dispatcher",
                because: """
                    it deals by the sets \(told.text), and the manifest names \(sets.text); start `dialtone dispatch` there with \
                    --sets \(sets.text), or mend the manifest
                    """)
        }
    }

    private func isOverdue(_ name: String, _ shares: Shares) -> Bool {
        let (since, limit) = beginning(name, shares)
        guard let since else { return survey.registry?.dispatchers[name] == nil }
        return survey.now >= since.advanced(bySeconds: limit)
    }

    private func wait(_ name: String, _ shares: Shares) -> Wait {
        let (since, limit) = beginning(name, shares)
        return Wait(
            .acknowledgement(dispatcher: name), since: since, limit: limit,
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
