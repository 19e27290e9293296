import ClusterModel
import Glibc

/// A share of calls with its uncertainty: Wilson's score interval (1927) at 95 %.
public struct Interval: Sendable, Hashable {
    public var low: Double
    public var value: Double
    public var high: Double

    /// `nil`: of no calls there is no share.
    public init?(_ part: Int, of all: Int) {
        guard all > 0, (0...all).contains(part) else { return nil }
        let n = Double(all)
        let p = Double(part) / n
        let z = 1.959964
        let centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        let half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        value = p
        low = max(0, centre - half)
        high = min(1, centre + half)
    }
}
