import ClusterModel

/// Which instances are down or held off from new calls, and how many more may be on our account (invariant 5). What touches
/// nodes and what touches units draw on the same one.
struct InstanceCapacity {
    let limit: Int
    /// Of those that the manifest asks for, now: whoever's doing it was.
    private(set) var down: Set<String>
    /// Held off from new calls by an earlier step; those go on before another begins.
    let draining: Set<String>
    /// How many are down or held off.
    private var busy: Int

    init(_ survey: Survey, _ assignment: InstanceAssignment) {
        limit = survey.desired.spec.asterisk.maxUnavailable
        var down = Set(assignment.unseen)
        var draining: Set<String> = []
        for place in assignment.places {
            if place.instance.map(survey.isUp) != true { down.insert(place.name) }
            if place.instance?.isDraining ?? survey.isDraining(place.name) { draining.insert(place.name) }
        }
        self.down = down
        self.draining = draining
        busy = down.count + draining.count { !down.contains($0) }
    }

    /// Takes some down together. Those that are down already cost nothing; a node's instances may be more than the limit
    /// when no other is down.
    mutating func take(_ names: [String]) -> Bool {
        let more = names.filter { !down.contains($0) }
        let isBegun = more.allSatisfy(draining.contains)
        let others =
            isBegun
            ? down.count - names.count(where: down.contains)
            : busy - names.count { down.contains($0) || draining.contains($0) }
        guard more.isEmpty || others == 0 || others + names.count <= limit else { return false }
        count(more)
        return true
    }

    /// Counts those that are held off already and stay so.
    mutating func count(_ names: [String]) {
        for name in names where down.insert(name).inserted && !draining.contains(name) { busy += 1 }
    }

    func refusal(_ name: String, _ action: String) -> Refusal {
        Refusal(
            target: name, action: action, down: busy, kind: " instances",
            word: "asterisk.rollout.maxUnavailable", limit: limit)
    }
}
