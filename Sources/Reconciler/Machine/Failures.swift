import ClusterModel

/// What failed how often, and when it may be tried again.
struct Failures {
    private struct Entry {
        var attempts: Int
        var error: PortError
        var notBefore: Instant
    }

    private var entries: [String: Entry] = [:]

    /// Two seconds, doubled each time up to five minutes, and up to half of it more by chance drawn from the seed.
    mutating func count(_ target: String, _ error: PortError, at now: Instant, _ settings: Settings) {
        let attempts = (entries[target]?.attempts ?? 0) + 1
        let base = Int64(min(300, 1 << min(attempts, 9))) * 1000
        let jitter = Int64(Self.draw(target, attempts, settings.seed) % UInt64(base / 2))
        entries[target] = Entry(
            attempts: attempts, error: error, notBefore: Instant(milliseconds: now.milliseconds + base + jitter))
    }

    mutating func forget(_ target: String) { entries[target] = nil }

    func mayTry(_ target: String, at now: Instant, _ settings: Settings) -> Bool {
        guard let entry = entries[target] else { return true }
        return entry.notBefore <= now && !isGivenUp(target, settings)
    }

    func isGivenUp(_ target: String, _ settings: Settings) -> Bool {
        settings.mode == .once && (entries[target]?.attempts ?? 0) >= settings.attempts
    }

    /// When the target is tried again; `nil`: never.
    func retry(_ target: String, _ settings: Settings) -> Instant? {
        isGivenUp(target, settings) ? nil : entries[target]?.notBefore
    }

    /// The next time that anything may be tried again.
    func next(after now: Instant) -> Instant? {
        entries.values.map(\.notBefore).filter { $0 > now }.min()
    }

    func givenUp(_ settings: Settings) -> [Failure] {
        entries.keys.sorted().compactMap { target in
            guard isGivenUp(target, settings), let entry = entries[target] else { return nil }
            return Failure(target: target, attempts: entry.attempts, error: entry.error)
        }
    }

    /// FNV-1a over the arguments: the same for the same ones.
    private static func draw(_ target: String, _ attempts: Int, _ seed: UInt64) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ seed
        for byte in target.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return (hash ^ UInt64(attempts)) &* 0x100_0000_01b3
    }
}
