/// Where something was written.
struct Place: Sendable, Hashable, Comparable {
    /// Index of the source.
    var file: Int32
    /// From 1.
    var line: Int32
    /// From 1, in Unicode scalars.
    var column: Int32

    static func < (a: Place, b: Place) -> Bool {
        (a.file, a.line, a.column) < (b.file, b.line, b.column)
    }
}

/// A value of a YAML document with its place. Aliases are filled in: the parts that they name are shared, not copied.
struct Node: Sendable {
    var place: Place
    var value: Value

    enum Value: Sendable {
        case scalar(Scalar)
        case list([Node])
        case mapping([Entry])
    }

    /// One key of a mapping; no key stands twice in it.
    struct Entry: Sendable {
        var key: String
        var keyPlace: Place
        var value: Node
    }
}

/// A scalar's text, and whether it was written without quotes (then it may be a number).
struct Scalar: Sendable {
    var text: String
    var isPlain: Bool
}
