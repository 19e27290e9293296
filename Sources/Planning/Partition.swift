extension Sequence {
    /// Those that match and those that do not, each in their order.
    func partitioned(by matches: (Element) -> Bool) -> (matching: [Element], others: [Element]) {
        var matching: [Element] = []
        var others: [Element] = []
        for element in self {
            if matches(element) { matching.append(element) } else { others.append(element) }
        }
        return (matching, others)
    }
}
