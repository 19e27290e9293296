/// Why Asterisk's manager interface gave no answer that can be used.
public struct ManagerError: Error, CustomStringConvertible, Sendable {
    public enum Kind: Sendable, Equatable {
        /// No connection, or none that lasted long enough.
        case unreachable(String)
        /// `manager.conf` has no such user, or another secret.
        case unauthorized
        /// Asterisk drains (`core stop gracefully`): it refuses every action then, `Login` too.
        case shuttingDown
        /// With AMI's own message.
        case refused(String)
        /// Something that is not as documented.
        case unreadable(String)
    }

    /// `HOST:PORT`
    public let address: String
    public let kind: Kind

    public var description: String {
        let reason =
            switch kind {
            case .unreachable(let reason): reason
            case .unauthorized: "manager.conf has no such user, or another secret"
            case .shuttingDown: "Asterisk is shutting down, and refuses all"
            case .refused(let message): "refused: \(message)"
            case .unreadable(let problem): "an answer that is not as documented: \(problem)"
            }
        return "AMI at \(address): \(reason)"
    }
}
