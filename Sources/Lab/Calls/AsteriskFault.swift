import SIP

/// What an instance of a lab does wrong.
public struct AsteriskFault: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// It answers well again.
        case none
        /// It answers nothing, and its calls stay.
        case hang
        /// New calls are refused.
        case refuse
        /// New calls ring for a while before they are answered.
        case slow
        /// Calls end by themselves.
        case drop
    }

    public var kind: Kind
    /// Of `refuse`: the status.
    public var status: Int
    /// Of `refuse`: one call in so many.
    public var oneIn: Int
    /// Of `slow` and `drop`: after so many seconds.
    public var seconds: Double

    public init(_ kind: Kind, status: Int = 500, oneIn: Int = 1, seconds: Double = 3) {
        self.kind = kind
        self.status = status
        self.oneIn = oneIn
        self.seconds = seconds
    }

    /// Where the stand-in of an Asterisk takes it, beside ARI.
    static let path = "/lab/fault"

    /// The variables of a real one's dialplan that have it misbehave (`AsteriskDirectory`).
    ///
    /// - Throws: when its status has no hangup cause that chan_pjsip answers with.
    var variables: [(name: String, value: String)] {
        get throws(LabError) {
            guard kind != .none, kind != .hang else { return [("FAULT", "")] }
            guard let cause = AsteriskFault.causes[status] else {
                let known = AsteriskFault.causes.keys.sorted().map { "\($0)" }.joined(separator: ", ")
                throw LabError("a real Asterisk refuses calls with one of \(known), and not with \(status)")
            }
            return [
                ("FAULT_CAUSE", "\(cause)"), ("FAULT_ONE_IN", "\(oneIn)"), ("FAULT_SECONDS", "\(seconds)"),
                ("FAULT", kind.rawValue),
            ]
        }
    }

    /// Hangup causes by the status that chan_pjsip makes of them (its `hangup_cause2sip`).
    private static let causes = [
        403: 21, 404: 1, 408: 18, 480: 19, 486: 17, 500: 38, 501: 29, 502: 27, 503: 34,
    ]

    var behaviour: SIPBehaviour {
        var behaviour = SIPBehaviour()
        switch kind {
        case .none: break
        case .hang: behaviour.isSilent = true
        case .refuse: behaviour.refusal = .init(status: status, oneIn: oneIn)
        case .slow: behaviour.ringing = seconds
        case .drop: behaviour.longestCall = seconds
        }
        return behaviour
    }
}
