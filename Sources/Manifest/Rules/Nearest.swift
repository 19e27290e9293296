extension [String] {
    /// The word that `text` most likely was meant to be; `nil` when none is near.
    func nearest(to text: String) -> String? {
        // No word is as long; and a key of a megabyte should not be compared.
        guard text.utf8.count <= 40 else { return nil }
        let given = Array<UInt8>(text.lowercased().utf8)
        let limit = Swift.max(1, Swift.min(3, given.count / 3))
        var best: (distance: Int, word: String)?
        for word in self {
            if given.count > 2, word.utf8.starts(with: text.utf8) { return word }
            let distance = editDistance(given, Array<UInt8>(word.lowercased().utf8))
            if distance <= limit, distance < best?.distance ?? Int.max { best = (distance, word) }
        }
        return best?.word
    }
}

/// Insertions, deletions, changes and swaps of neighbours that make `b` of `a` (optimal string alignment).
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in a.indices {
        var row = [i + 1]
        for j in b.indices {
            var cost = Swift.min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = Swift.min(cost, beforeLast[j - 1] + 1) }
            row.append(cost)
        }
        (beforeLast, last) = (last, row)
    }
    return last[b.count]
}
