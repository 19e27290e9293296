import ClusterModel

/// The cluster's own keys: what does not fit is said, and a cluster that is gone is forgotten.
struct RegistryPlanner {
    let survey: Survey

    func plan(into draft: inout Draft) {
        guard let registry = survey.registry else { return }
        for (key, reason) in registry.malformed.sorted(by: { $0.key < $1.key }) {
            draft.hold(key, .drift, "read", because: "its value is not what belongs there: \(reason)")
        }
        if survey.desired.isLeaving { forget(registry, into: &draft) }
    }

    private func forget(_ registry: RegistryState, into draft: inout Draft) {
        let isGone =
            draft.step.actions.isEmpty && draft.step.holds.isEmpty && survey.nodes.isEmpty
            && survey.instances.isEmpty && survey.kamailios.isEmpty && survey.observed.unknowns.isEmpty
        guard isGone else { return }
        let names = survey.desired.names
        let agents = registry.keys.filter {
            $0.hasPrefix(names.instancesPrefix) || $0.hasPrefix(names.callsPrefix)
                || $0.hasPrefix(names.dispatchersPrefix + names.kamailioPrefix)
        }
        for key in agents.sorted() {
            draft.wait(
                .lapse(key: key), since: nil, limit: survey.limits.departure, now: survey.now,
                assumes: "lapses with its agent's lease", overdue: "")
        }
        if agents.isEmpty, registry.keys.contains(where: { $0 != names.leaderKey }) {
            draft.act(.forgetCluster(name: survey.desired.spec.name), "nothing of it is left")
        }
    }
}
