extension Array {
    /// The same elements, those of a lower rank first, those of one rank in their order.
    func ranked(by rank: (Element) -> Int) -> [Element] {
        let ranks = map(rank)
        // Mostly they are all alike.
        guard let first = ranks.first, ranks.contains(where: { $0 != first }) else { return self }
        return indices.sorted { (ranks[$0], $0) < (ranks[$1], $1) }.map { self[$0] }
    }
}
