import ClusterModel
import Provisioning

/// Whether the calls have ended of an instance that is held off from new ones, told from all who count them.
///
/// No count is trusted alone (DESIGN section 7): a channel that only Asterisk knows is a real call, whatever Kamailio says (it forgets all at its
/// restart); a dialog that only Kamailio knows is a ghost once Asterisk was asked after it had begun and answered without it. A count from before
/// the last dispatcher had the revision in force says nothing of the calls that were dealt until then.
struct CallJudgement {
    enum Verdict: Equatable {
        /// - Parameter ghosts: what Kamailios go on counting; `nil`: nothing.
        case ended(ghosts: String?)
        /// So many are up; who says so, where not all agree.
        case up(Int, by: String?)
        /// They may have ended, and it will be known before long.
        case unsettled(String)
        /// Nobody can tell.
        case unknown(String)

        var hasEnded: Bool { if case .ended = self { true } else { false } }

        /// What a wait for it counts on.
        var assumption: String {
            switch self {
            case .ended, .up(_, by: nil): "its calls end"
            case .up(_, by: let by?): "its calls end (\(by))"
            case .unsettled(let reason): "its calls have ended (\(reason))"
            case .unknown(let reason): "its calls end, and are told (\(reason))"
            }
        }
    }

    let verdict: Verdict

    /// - Parameters:
    ///   - calls: what Asterisk told its announcer; `nil`: nothing.
    ///   - uncounted: why its announcer cannot count.
    ///   - moment: what must have been in force when Asterisk was asked.
    ///   - dialogs: what each Kamailio knows of, by its dispatcher's name.
    init(
        calls: CallsRecord?, uncounted: String?, after moment: CallsRecord.Moment, dialogs: [String: DialogsRecord]
    ) {
        let dialogs = dialogs.sorted { $0.key < $1.key }.filter { $0.value.count > 0 }
        let others = dialogs.map { "\($0.key) \($0.value.count)" }.joined(separator: ", ")
        guard let calls else {
            let reason = uncounted ?? "it has not reported any count"
            verdict = .unknown(others.isEmpty ? reason : "\(reason); Kamailio alone counts: \(others)")
            return
        }
        let source = calls.source?.name ?? "Asterisk"
        if calls.calls > 0 {
            let isDoubted = !dialogs.isEmpty && dialogs.reduce(0, { $0 &+ $1.value.count }) != calls.calls
            verdict = .up(calls.calls, by: isDoubted ? "\(source) counts \(calls.calls), \(others)" : nil)
            return
        }
        guard moment.isCovered(by: calls.countedAfter) else {
            verdict = .unsettled("\(source) is asked again, now that no new call is dealt to it")
            return
        }
        let young = dialogs.filter { $0.value.dialogs.contains { !$0.isSettled } }
        guard young.isEmpty else {
            let names = young.map(\.key).joined(separator: ", ")
            verdict = .unsettled("\(source) counts none, and a call that \(names) knows of has only just begun")
            return
        }
        guard !dialogs.isEmpty else {
            verdict = .ended(ghosts: nil)
            return
        }
        let since = dialogs.compactMap { $0.value.dialogs.compactMap(\.since).min() }.min()
        let age = since.map { " since \(Timestamp.text($0))" } ?? ""
        verdict = .ended(ghosts: "\(source) has none of the calls that Kamailio goes on counting\(age): \(others)")
    }
}

extension CallsRecord.Moment {
    /// Whether a count from then is young enough.
    fileprivate func isCovered(by other: CallsRecord.Moment?) -> Bool {
        guard let other, other.shares == shares else { return false }
        return dispatchers.allSatisfy { other.dispatchers[$0.key] == $0.value }
    }
}

extension CallsRecord.Source {
    var name: String {
        switch self {
        case .ari: "ARI"
        case .ami: "AMI"
        }
    }
}

extension Survey {
    /// What is known of the calls of an instance that is held off from new ones.
    func judgement(of instance: Instance) -> CallJudgement {
        let name = instance.name
        let revision = registry?.shares?.revision ?? 0
        let expected = expectedDispatchers
        let dialogs = (registry?.traffic ?? [:]).compactMapValues { $0.dialogs[name] }
        return CallJudgement(
            calls: registry?.calls[name], uncounted: registry?.uncounted[name],
            after: .init(
                shares: revision, dispatchers: Dictionary(expected.map { ($0, revision) }) { first, _ in first }),
            dialogs: dialogs)
    }
}
