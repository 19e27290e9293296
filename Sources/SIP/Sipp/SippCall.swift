/// One call of sipp's, from the lines that it logged of it by `SippScenario`.
public struct SippCall: Sendable, Hashable {
    /// Times are in milliseconds of sipp's clock.
    public var invitedAt: Int?
    /// The first sign of life of the other side.
    public var heardAt: Int?
    public var answeredAt: Int?
    /// When it was over, whoever ended it.
    public var endedAt: Int?
    /// The address that answered.
    public var contact: String?
    /// The status of a refusal.
    public var refusal: Int?
    /// The other side ended it.
    public var isCut = false
    /// The caller ended it, and that was answered.
    public var isEnded = false

    /// Milliseconds from the INVITE to the first sign of life.
    public var delay: Int? {
        guard let invitedAt, let heardAt else { return nil }
        return max(0, heardAt - invitedAt)
    }

    /// Reads a log; lines that are none of the scenario's are left out.
    public static func read(_ log: String) -> [SippCall] {
        var calls: [Substring: SippCall] = [:]
        var order: [Substring] = []
        for line in log.split(whereSeparator: \.isNewline) {
            let words = line.split(separator: " ")
            guard words.count >= 3, let time = Int(words[2]) else { continue }
            if words[1] == "invited", calls[words[0]] == nil { order.append(words[0]) }
            calls[words[0], default: SippCall()].note(words[1], time, words.count > 3 ? words[3] : nil)
        }
        return order.compactMap { calls[$0] }
    }

    private mutating func note(_ event: Substring, _ time: Int, _ detail: Substring?) {
        switch event {
        case "invited": invitedAt = time
        case "rang": heardAt = heardAt ?? time
        case "answered":
            heardAt = heardAt ?? time
            answeredAt = time
            contact = detail.map(String.init)
        case "refused": refusal = detail.flatMap { Int($0) }
        case "cut":
            isCut = true
            endedAt = time
        case "ended":
            isEnded = true
            endedAt = time
        default: break
        }
    }
}
