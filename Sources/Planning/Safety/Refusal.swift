import ClusterModel

/// What had to wait because enough are down. Said only when nothing else goes on: in a rolling change there are many of them at each step, so
/// the text is made then.
struct Refusal {
    var target: String
    var action: String
    /// How many are down.
    var down: Int
    /// What they are, where the limit's word does not say it.
    var kind = ""
    /// The manifest's word for the limit.
    var word: String
    var limit: Int

    var hold: Hold {
        Hold(
            target, .capacity, action: action,
            because: "\(down)\(kind) are down already, and \(word) is \(limit); mend those first")
    }
}
