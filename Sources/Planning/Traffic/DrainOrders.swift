import ClusterModel

/// The drains that people ordered, as far as they can be obeyed: one stable instance that answers keeps its calls.
struct DrainOrders {
    /// Instances that get no calls.
    private(set) var obeyed: Set<String> = []
    private(set) var holds: [Hold] = []

    init(_ survey: Survey) {
        let orders = survey.registry?.drains ?? [:]
        guard !orders.isEmpty, survey.areUnitsRead else { return }
        var answering = survey.instances.filter { $0.mark.track == .stable && survey.isUp($0) }.map(\.name)
        // The earlier order goes first.
        for (target, _) in orders.sorted(by: { ($0.value.at, $0.key) < ($1.value.at, $1.key) }) {
            let isOne = survey.instance(target) != nil
            guard isOne || survey.node(target) != nil else {
                hold(
                    target, .environment, "no instance or node of this cluster has that name; take it back with undrain"
                )
                continue
            }
            let instances = isOne ? [target] : (survey.instancesByNode[target] ?? []).map(\.name)
            let others = answering.filter { !instances.contains($0) }
            guard !others.isEmpty || !answering.contains(where: instances.contains) else {
                hold(target, .capacity, "no other stable instance would be left to take calls")
                continue
            }
            answering = others
            obeyed.formUnion(instances)
        }
    }

    private mutating func hold(_ target: String, _ cause: Hold.Cause, _ because: String) {
        holds.append(Hold(target, cause, action: "drain", because: because))
    }
}
