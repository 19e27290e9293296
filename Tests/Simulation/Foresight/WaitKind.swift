import ClusterModel

/// Every kind of wait by name, as `ActionKind` has those of actions.
public enum WaitKind: String, Sendable, Hashable, CaseIterable {
    case join, registration, departure, lapse, drain, rollout, acknowledgement

    public init(_ wait: Wait) {
        self =
            switch wait.subject {
            case .join: .join
            case .registration: .registration
            case .departure: .departure
            case .lapse: .lapse
            case .drain: .drain
            case .rollout: .rollout
            case .acknowledgement: .acknowledgement
            }
    }
}

extension Wait {
    /// The instance, node or dispatcher that comes, goes or has something to say.
    public func instance(_ names: Names) -> String? {
        switch subject {
        case .rollout: return nil
        case .acknowledgement(let name), .join(let name), .registration(let name), .departure(let name),
            .drain(let name):
            return name
        case .lapse(let key):
            for prefix in [names.instancesPrefix, names.callsPrefix, names.dispatchersPrefix]
            where key.hasPrefix(prefix) {
                return String(key.dropFirst(prefix.count))
            }
            return nil
        }
    }
}
