/// Why a call to fleet gave no result.
public enum FleetError: Error, Sendable, Equatable, CustomStringConvertible {
    /// No answer, and nothing was changed.
    case unreachable(address: String, reason: String)
    /// A change was sent, and no answer came that tells whether it took effect: read again.
    case outcomeUnknown(address: String, call: String, reason: String)
    /// fleet refused. Its message is empty for many failures of its own, a lost etcd among them (500), and before etcd was first reached (503).
    case api(status: Int, message: String, call: String)
    /// An answer that is not fleet's.
    case malformed(address: String, call: String, detail: String)
    /// The task was cancelled before anything was sent, or while reading.
    case cancelled

    /// Whether fleet itself cannot do its work now: its etcd is away.
    public var isOutage: Bool {
        switch self {
        case .unreachable: true
        case .api(let status, let message, _): (status == 500 && message.isEmpty) || status == 503
        case .outcomeUnknown, .malformed, .cancelled: false
        }
    }

    public var description: String {
        switch self {
        case .unreachable(let address, let reason): "fleet at \(address) cannot be reached: \(reason)"
        case .outcomeUnknown(let address, let call, let reason):
            "fleet at \(address) did not confirm \(call), which may or may not have taken effect: \(reason)"
        case .api(let status, let message, let call):
            "fleet answered \(call) with HTTP \(status): \(message.isEmpty ? Self.silence(status) : message)"
        case .malformed(let address, let call, let detail): "\(address) did not answer \(call) as fleet does: \(detail)"
        case .cancelled: "the call to fleet was cancelled"
        }
    }

    private static func silence(_ status: Int) -> String {
        switch status {
        case 500: "no message, as when fleet has lost its etcd or was asked for a state that it does not know"
        case 503: "no message, as before fleet has first reached its etcd"
        default: "no message"
        }
    }
}
