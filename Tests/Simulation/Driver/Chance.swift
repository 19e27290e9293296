/// Chance that a seed replays: SplitMix64 (Steele, Lea, Flood 2014).
public struct Chance: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) {
        state = seed
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    public mutating func pick(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    public mutating func pick<T>(_ values: [T]) -> T? {
        values.isEmpty ? nil : values[pick(0...values.count - 1)]
    }

    /// True in so many of a thousand cases.
    public mutating func happens(_ perMille: Int) -> Bool {
        pick(0...999) < perMille
    }
}
