import ClusterModel

/// Every kind of wait by name, as `ActionKind` has those of actions.
public enum WaitKind: String, Sendable, Hashable, CaseIterable {
    case join, registration, departure, lapse, drain, acknowledgement

    public init(_ wait: Wait) {
        self =
            switch wait.subject {
            case .join: .join
            case .registration: .registration
            case .departure: .departure
            case .lapse: .lapse
            case .drain: .drain
            case .acknowledgement: .acknowledgement
            }
    }
}

extension Wait {
    /// The instance that comes or goes; `nil`: it is about a node.
    public func instance(_ names: Names) -> String? {
        switch subject {
        case .join, .acknowledgement: return nil
        case .registration(let name), .departure(let name), .drain(let name): return name
        case .lapse(let key):
            for prefix in [names.instancesPrefix, names.callsPrefix] where key.hasPrefix(prefix) {
                return String(key.dropFirst(prefix.count))
            }
            return nil
        }
    }
}
