import ClusterModel
import Testing

/// A row of a table: a standing cluster, what happens to it, what the manifest asks for, and what is to be done.
struct Row: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var expected: [String]
    var standing: ClusterSpec
    var wanted: ClusterSpec
    var given: @Sendable (inout World) -> Void

    init(
        _ name: String, _ expected: [String], standing: ClusterSpec = .sample(), wanted: ClusterSpec? = nil,
        given: @escaping @Sendable (inout World) -> Void = { _ in }
    ) {
        testDescription = name
        self.expected = expected
        self.standing = standing
        self.wanted = wanted ?? standing
        self.given = given
    }

    var world: World {
        var world = World.standing(standing)
        given(&world)
        return world
    }
}
