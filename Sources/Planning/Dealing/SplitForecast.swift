import ClusterModel

/// What will be dealt to each track and instance of `shares`: first choices, by Call-ID. Failover, pinning and emergency calls come on top.
public struct SplitForecast: Sendable, Hashable {
    /// One instance's part.
    public struct Part: Sendable, Hashable {
        public var name: String
        public var track: Track
        /// Of a million calls.
        public var perMillion: Int

        /// As `2.5 %`.
        public var percent: String { SplitForecast.percent(perMillion) }
    }

    /// Percent of each track; those of no percent are left out.
    public var tracks: [Track: Int]
    /// Every instance, in the order of `shares`.
    public var instances: [Part]
    /// What a person should know.
    public var warnings: [String]

    public init(_ shares: Shares) {
        let isThere = { (track: Track) in shares.instances.contains { $0.track == track } }
        // As the dispatch agent writes it: a track without any instance, or a canary of no percent, has no line to be drawn.
        let lines = Track.allCases.filter { isThere($0) && ($0 == .stable || shares.draw.canary > 0) }
        let weights = [Track.stable: shares.draw.stable, .canary: shares.draw.canary]
        let slots = Dealing.measured.relativeWeights(lines.map { Dealing.Destination(weight: weights[$0] ?? 0) })
        var draw = Dictionary(uniqueKeysWithValues: zip(lines, slots))
        func open(_ track: Track) -> Int { shares.instances.count { $0.track == track && $0.state == .in } }
        // A canary that is out altogether leaves its calls to stable, never the other way round.
        if open(.canary) == 0, open(.stable) > 0, let canary = draw[.canary] {
            draw[.stable, default: 0] += canary
            draw[.canary] = nil
        }
        if open(.stable) == 0 { draw[.stable] = nil }
        tracks = draw.filter { $0.value > 0 }
        let dealt = tracks
        instances = shares.instances.map { member in
            let part = member.state == .in ? (dealt[member.track] ?? 0) * 10_000 / open(member.track) : 0
            return Part(name: member.name, track: member.track, perMillion: part)
        }
        warnings = SplitForecast.warnings(
            shares, dealt: tracks, open: [.stable: open(.stable), .canary: open(.canary)])
    }

    private static func warnings(_ shares: Shares, dealt: [Track: Int], open: [Track: Int]) -> [String] {
        var found: [String] = []
        let (stable, canary) = (open[.stable] ?? 0, open[.canary] ?? 0)
        if let few = dealt[.stable], let many = dealt[.canary], few > 0 {
            // In tenths.
            let ratio = 10 * many * stable / (few * canary)
            if ratio >= 20 {
                found.append(
                    "each canary instance gets \(ratio / 10).\(ratio % 10) times the calls of a stable one: \(many) % over \(canary), beside "
                        + "\(few) % over \(stable)")
            }
        }
        if stable == 0, shares.draw.stable > 0, canary > 0 || !shares.instances.isEmpty {
            found.append(
                "\(shares.draw.stable) % of calls are for the stable version, and none of its instances takes any")
        }
        return found
    }

    static func percent(_ perMillion: Int) -> String {
        let hundredths = (perMillion + 50) / 100
        let (whole, part) = (hundredths / 100, hundredths % 100)
        if part == 0 { return "\(whole) %" }
        return part % 10 == 0 ? "\(whole).\(part / 10) %" : "\(whole).\(part / 10)\(part % 10) %"
    }
}
