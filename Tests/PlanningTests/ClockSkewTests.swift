import ClusterModel
import Planning
import Testing

/// A registration's time is by the clock of its node, and everything that it is held against by the clock of a controller.
@Suite struct ClockSkewTests {
    /// Put `ago` seconds before now, and registered by a clock that is so far behind.
    private func world(put ago: Int, behind: Int) -> World {
        var world = World.standing(.sample(nodes: 1, replicas: 1))
        let putAt = world.now.advanced(bySeconds: -ago)
        world.units.units["a-asterisk-1"]?.mark?.putAt = putAt
        world.units.units["a-announcer-1"]?.mark?.putAt = putAt
        world.registry.instances["a-asterisk-1"]?.since = putAt.advanced(bySeconds: 2 - behind)
        return world
    }

    private let spec = ClusterSpec.sample(nodes: 1, replicas: 1)

    @Test(
        "a clock that is a little behind puts the registration off until no older one can be left", arguments: [5, 40])
    func behind(_ seconds: Int) {
        #expect(world(put: 20, behind: seconds).lines(spec) == ["wait registration a-asterisk-1"])
        #expect(world(put: 30, behind: seconds).lines(spec) == [])
    }

    @Test("a registration that is much too old is none; when it is overdue, the node's clock is named")
    func farBehind() throws {
        #expect(world(put: 100, behind: 300).lines(spec) == ["wait registration a-asterisk-1"])
        let hold = try #require(world(put: 200, behind: 300).step(spec).holds.first)
        #expect(hold.because.contains("298 s before"))
        #expect(hold.because.contains("the clock of a-node-1 is that far behind"))
    }

    @Test("a clock that is ahead puts nothing off for ever")
    func ahead() {
        var world = world(put: 200, behind: -100_000)
        world.calls(nil, on: "a-asterisk-1")
        let wanted = ClusterSpec.sample(nodes: 1, replicas: 1, image: "asterisk:21")
        #expect(world.lines(wanted) == ["held(calls) replace a-asterisk-1"])
    }
}
