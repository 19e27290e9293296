/// One part that differs from what should be.
public struct Change: Sendable, Hashable, Codable {
    /// Who made it differ.
    public enum Cause: String, Sendable, Hashable, Codable {
        /// The manifest asks for something else than was applied.
        case manifest
        /// Somebody changed what was applied.
        case others
    }

    /// The manifest's word for it.
    public var field: String
    public var from: String
    public var to: String
    public var by: Cause

    public init(field: String, from: String, to: String, by: Cause) {
        self.field = field
        self.from = from
        self.to = to
        self.by = by
    }
}

/// Collects the changes of a manifest, passing over what both sides left to defaults.
struct Changes {
    let defaulted: FieldNames
    let before: FieldNames
    var found: [Change] = []

    init(defaulted: FieldNames, before: FieldNames) {
        self.defaulted = defaulted
        self.before = before
    }

    mutating func add(_ field: String, _ from: String, _ to: String) {
        guard from != to, !(defaulted.contains(field) && before.contains(field)) else { return }
        found.append(Change(field: field, from: from, to: to, by: .manifest))
    }
}
