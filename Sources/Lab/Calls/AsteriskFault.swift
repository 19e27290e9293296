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
