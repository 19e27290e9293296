import ClusterModel

/// Which instances are down or held off from new calls, and how many more may be on our account (invariant 5). What touches
/// nodes and what touches units draw on the same one.
struct InstanceCapacity {
    let limit: Int
    /// Of those that the manifest asks for, now: whoever's doing it was.
    private(set) var down: Set<String>
    /// Held off from new calls by an earlier step; those go on before another begins.
    let draining: Set<String>

    init(_ survey: Survey, _ assignment: InstanceAssignment) {
        limit = survey.desired.spec.asterisk.maxUnavailable
        let names = assignment.places.map(\.name)
        down = Set(names.filter { !survey.isUp($0) } + assignment.unseen)
        draining = Set(names.filter(survey.isDraining))
    }

    /// Takes some down together. Those that are down already cost nothing; a node's instances may be more than the limit
    /// when no other is down.
    mutating func take(_ names: [String]) -> Bool {
        let more = names.filter { !down.contains($0) }
        let isBegun = more.allSatisfy(draining.contains)
        let others = (isBegun ? down : down.union(draining)).subtracting(names).count
        guard more.isEmpty || others == 0 || others + names.count <= limit else { return false }
        down.formUnion(more)
        return true
    }

    /// Counts those that are held off already and stay so.
    mutating func count(_ names: [String]) { down.formUnion(names) }

    func refusal(_ name: String, _ action: String) -> Hold {
        Hold(
            name, .capacity, action: action,
            because: """
                \(down.union(draining).count) instances are down already, and asterisk.rollout.maxUnavailable is \(limit); \
                mend those first
                """)
    }
}
