/// A set of words that always reads and encodes in the same order.
public struct FieldNames: Sendable, Hashable, Codable, ExpressibleByArrayLiteral {
    public private(set) var sorted: [String]

    public init(_ names: some Sequence<String>) {
        let names = Array(names)
        // As it is read from marks: it was sorted when it was written.
        let isSorted = zip(names, names.dropFirst()).allSatisfy { $0 < $1 }
        sorted = isSorted ? names : Set(names).sorted()
    }

    public init(arrayLiteral names: String...) {
        self.init(names)
    }

    public func contains(_ name: String) -> Bool { sorted.contains(name) }

    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode([String].self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(sorted)
    }
}
