import ClusterModel
import Planning

extension SplitForecast {
    /// What a plan says of shares: a line for each track, and one for each warning.
    var lines: [String] {
        let dealt = [Track.stable, .canary].compactMap { track -> String? in
            guard let percent = tracks[track] else { return nil }
            let parts = instances.filter { $0.track == track && $0.perMillion > 0 }
            guard let first = parts.first else { return nil }
            let each = parts.count == 1 ? "" : ", \(first.percent) to each of \(parts.count) instances"
            return "dealt to \(track.rawValue): \(percent) % of calls\(each)"
        }
        return dealt + warnings.map { "warning: \($0)" }
    }
}
