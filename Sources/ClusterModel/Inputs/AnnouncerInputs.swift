/// Where an instance is announced.
public enum Discovery: String, Sendable, Hashable, Codable, CaseIterable {
    /// Dialtone's own keys in etcd's v3 store.
    case dialtone
    /// The keys of kamailio-etcd-dispatcher in etcd's v2 store, beside Dialtone's own.
    case dispatcher = "kamailio-etcd-dispatcher"
}

/// What an announcer is told beside its instance; stands in its unit, as `InstanceInputs` do.
public struct AnnouncerInputs: Sendable, Hashable, Codable {
    /// In the order of `Discovery.allCases`.
    public var discovery: [Discovery]
    /// The extension that a probe call goes to; `nil`: OPTIONS alone say whether the instance serves.
    public var probe: String?

    public init(discovery: [Discovery] = [.dialtone], probe: String? = nil) {
        self.discovery = Discovery.allCases.filter(discovery.contains)
        self.probe = probe
    }

    /// What differs from what it was told before.
    public func changes(from applied: AnnouncerInputs) -> [Change] {
        let fields = [
            ("discovery", applied.discovery.listed, discovery.listed),
            ("probe.extension", applied.probe ?? "none", probe ?? "none"),
        ]
        return fields.filter { $1 != $2 }.map { Change(field: $0, from: $1, to: $2, by: .manifest) }
    }
}

extension [Discovery] {
    fileprivate var listed: String { map(\.rawValue).joined(separator: ", ") }
}
