/// One thing that is wrong, where it was written.
public struct Problem: Sendable, Hashable, Codable, CustomStringConvertible {
    /// A source's name, or what gave an override.
    public var file: String
    /// From 1.
    public var line: Int
    /// From 1, in Unicode scalars.
    public var column: Int
    /// `what is wrong; what is allowed`, on one line.
    public var message: String

    public init(file: String, line: Int, column: Int, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
    }

    /// `FILE:LINE:COLUMN: what is wrong; what is allowed`
    public var description: String { "\(file):\(line):\(column): \(message)" }
}

/// Everything that is wrong with a manifest: in the order of its sources, then by place.
public struct ManifestErrors: Error, Sendable, Hashable, CustomStringConvertible {
    public var problems: [Problem]

    public init(problems: [Problem]) {
        self.problems = problems
    }

    /// One line a problem.
    public var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
