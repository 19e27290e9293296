import SIP

/// What real calls saw, as the caller tells it.
public struct CallReport: Sendable, Hashable, Codable {
    /// Calls of a track, or of one instance.
    public struct Part: Sendable, Hashable, Codable {
        public var answered = 0
        /// The other side ended them before the caller did.
        public var cut = 0
        /// Milliseconds from the INVITE to the first ringing or the answer: half of the calls took at most so long, and 95 of 100.
        public var delay50 = 0
        public var delay95 = 0
        public var delayMost = 0

        init(_ calls: [SippCall]) {
            answered = calls.count
            cut = calls.count { $0.isCut }
            let delays = calls.compactMap(\.delay).sorted()
            guard let last = delays.last else { return }
            delay50 = delays[(delays.count - 1) / 2]
            delay95 = delays[(delays.count * 95 + 99) / 100 - 1]
            delayMost = last
        }
    }

    public var calls: Int
    public var answered: Int
    /// Calls that were refused, by the status.
    public var refused: [String: Int]
    /// Calls that got no final answer.
    public var unanswered: Int
    public var cut: Int
    /// The most answered calls that were up at once.
    public var atOnce: Int
    /// Answered calls whose BYE was not answered.
    public var lost: Int
    /// By `stable` and `canary`; `other` are answers of an address that no instance has.
    public var tracks: [String: Part]
    public var instances: [String: Part]

    /// - Parameter names: name and track by `HOST:PORT`.
    init(_ histories: [SippCall], names: [String: (name: String, track: String)]) {
        calls = histories.count
        let up = histories.filter { $0.contact != nil }
        answered = up.count
        refused = [:]
        for status in histories.compactMap(\.refusal) { refused["\(status)", default: 0] += 1 }
        unanswered = histories.count { $0.contact == nil && $0.refusal == nil }
        cut = up.count { $0.isCut }
        atOnce = CallReport.most(up)
        lost = up.count { !$0.isCut && !$0.isEnded }
        tracks = Dictionary(grouping: up) { names[$0.contact ?? ""]?.track ?? "other" }.mapValues(Part.init)
        instances = Dictionary(grouping: up) { names[$0.contact ?? ""]?.name ?? $0.contact ?? "" }
            .mapValues(Part.init)
    }
}

extension CallReport {
    /// The most calls that were up at once.
    private static func most(_ calls: [SippCall]) -> Int {
        let ends = calls.compactMap { call in call.endedAt.map { ($0, -1) } }
        let beginnings = calls.compactMap { call in call.answeredAt.map { ($0, 1) } }
        var (now, most) = (0, 0)
        // Where one ends as another begins, the end comes first.
        for (_, change) in (ends + beginnings).sorted(by: { $0 < $1 }) {
            now += change
            most = max(most, now)
        }
        return most
    }
}

extension CallReport: CustomStringConvertible {
    public var description: String {
        let refusals = refused.keys.sorted().map { ", \(refused[$0] ?? 0) x \($0)" }.joined()
        var lines = [
            "\(calls) calls: \(answered) answered\(refusals), \(unanswered) without an answer, \(cut) cut, \(lost) lost, "
                + "at most \(atOnce) up at once"
        ]
        func line(_ name: String, _ part: Part, indent: String) -> String {
            let share = answered == 0 ? 0 : (part.answered * 1000 + answered / 2) / answered
            return
                "\(indent)\(name): \(part.answered) answered (\(share / 10).\(share % 10) %), \(part.cut) cut, delay "
                + "\(part.delay50) ms, 95 % within \(part.delay95) ms, at most \(part.delayMost) ms"
        }
        for name in tracks.keys.sorted(by: >) { tracks[name].map { lines.append(line(name, $0, indent: "  ")) } }
        for name in instances.keys.sorted(by: CallReport.precedes) {
            instances[name].map { lines.append(line(name, $0, indent: "    ")) }
        }
        return lines.joined(separator: "\n")
    }

    /// `a-2` before `a-10`.
    private static func precedes(_ a: String, _ b: String) -> Bool {
        a.utf8.count == b.utf8.count ? a < b : a.utf8.count < b.utf8.count
    }
}
