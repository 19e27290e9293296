import ClusterModel
import Glibc

/// Whether the canary's calls go wrong more often than those of the stable track, judged again and again without wearing the error rate out.
///
/// Calls of both tracks from the same time are compared in blocks. Given how many of a block went wrong in all, the number of them on the
/// canary has Fisher's noncentral hypergeometric distribution, whose one parameter is the ratio of the odds of going wrong: how often calls
/// go wrong in general, now or at another hour, drops out. The likelihood ratio of a worse ratio against the one that is still tolerated is
/// an e-value; their product over blocks, averaged over several worse ratios, is a nonnegative supermartingale while the canary is no worse
/// than tolerated. So it reaches 1/error at any time with a probability of at most `error` (Ville's inequality). See Ramdas, Grünwald, Vovk
/// and Shafer, "Game-theoretic statistics and safe anytime-valid inference", Statistical Science 38 (2023). It takes for granted that the
/// calls of a block go wrong independently of each other.
struct OddsTest: Equatable {
    /// Natural logarithms of the evidence for each of `alternatives`.
    private(set) var logs: [Double]

    /// How many times worse than tolerated, the odds' ratio: from slightly to hopelessly.
    static let alternatives: [Double] = [1.5, 2, 4, 8, 20, 100]

    /// - Parameter millionths: what an earlier one had come to; of another length than `alternatives`: from the beginning.
    init(_ millionths: [Int] = []) {
        let isWhole = millionths.count == Self.alternatives.count
        logs = isWhole ? millionths.map { Double($0) / 1e6 } : Self.alternatives.map { _ in 0 }
    }

    /// The evidence as it is kept: whole numbers are the same wherever they are read.
    var millionths: [Int] { logs.map { Int(($0 * 1e6).rounded()) } }

    /// Takes in a block. Its end must not have been chosen by how its calls went.
    /// - Parameter tolerated: the ratio of odds up to which the canary is as good as it has to be; 1: no worse at all.
    mutating func add(stable: Tally, canary: Tally, tolerated: Double) {
        let block = Block(stable: stable, canary: canary)
        guard block.says else { return }
        let base = block.logNormalizer(tolerated)
        for (index, times) in Self.alternatives.enumerated() {
            logs[index] += Double(canary.wrong) * log(times) + base - block.logNormalizer(tolerated * times)
        }
    }

    /// How many times likelier what was seen is if the canary is worse than tolerated.
    var evidence: Double {
        // The largest number that still is one.
        logs.reduce(0) { $0 + exp(min($1, 700)) } / Double(logs.count)
    }

    /// Whether it is worse than tolerated; wrongly so with a probability of at most `error`, however often it is asked.
    func finds(error: Double) -> Bool { evidence >= 1 / error }
}

private struct Block {
    let stable: Tally
    let canary: Tally

    private var wrong: Int { stable.wrong + canary.wrong }
    /// The fewest and the most of all those that went wrong that can have been on the canary.
    private var fewest: Int { max(0, wrong - stable.calls) }
    private var most: Int { min(canary.calls, wrong) }

    /// Whether they could have fallen otherwise.
    var says: Bool { fewest < most }

    /// The logarithm of the distribution's normalizer at an odds' ratio, but for a factor that is the same at every ratio.
    func logNormalizer(_ odds: Double) -> Double {
        let step = log(odds)
        var term = Double(fewest) * step
        var sum = term
        for count in fewest..<most {
            let ways =
                Double(canary.calls - count) * Double(wrong - count)
                / (Double(count + 1) * Double(stable.calls - wrong + count + 1))
            term += log(ways) + step
            sum = max(sum, term) + log1p(exp(-abs(sum - term)))
        }
        return sum
    }
}
