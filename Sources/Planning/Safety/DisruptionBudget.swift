import ClusterModel

/// How many of a group may be down on our account at once (invariant 5).
struct DisruptionBudget {
    /// The manifest's word for the limit.
    let word: String
    let limit: Int
    /// Of the group, now: whoever's doing it was.
    private(set) var down: Int
    /// What was not allowed: said when nothing else goes on.
    private(set) var refusals: [Refusal] = []

    init(_ word: String, limit: Int, down: Int) {
        self.word = word
        self.limit = limit
        self.down = down
    }

    /// Takes one down. One that is down already costs nothing.
    mutating func take(_ name: String, _ action: String, isDown: Bool) -> Bool {
        if isDown { return true }
        guard down < limit else {
            refusals.append(Refusal(target: name, action: action, down: down, word: word, limit: limit))
            return false
        }
        down += 1
        return true
    }
}
