import ClusterModel

/// Which instances are down or held off from new calls, and how many more may be on our account (invariant 5). What touches
/// nodes and what touches units draw on the same one.
struct InstanceCapacity {
    let limit: Int
    /// Of those that the manifest asks for, now: whoever's doing it was.
    private(set) var down: Set<String>

    /// Takes some down together. Those that are down already cost nothing; a node's instances may be more than the limit
    /// when no other is down.
    mutating func take(_ names: [String]) -> Bool {
        let more = names.filter { !down.contains($0) }
        guard more.isEmpty || down.isEmpty || down.count + more.count <= limit else { return false }
        down.formUnion(more)
        return true
    }

    /// Counts those that are held off already and stay so.
    mutating func count(_ names: [String]) { down.formUnion(names) }

    func refusal(_ name: String, _ action: String) -> Hold {
        Hold(
            name, .capacity, action: action,
            because: """
                \(down.count) instances are down already, and asterisk.rollout.maxUnavailable is \(limit); mend those first
                """)
    }
}
