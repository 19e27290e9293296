import ClusterModel
import Testing

@Suite struct NamesTests {
    private let names = Names(cluster: "a-node")

    @Test("a name gives its number back", arguments: [1, 9, 10, 4711])
    func ordinals(_ n: Int) {
        #expect(names.ordinal(node: names.node(n)) == n)
        #expect(names.ordinal(instance: names.instance(n)) == n)
        #expect(names.ordinal(announcer: names.announcer(n)) == n)
        #expect(names.announcer(of: names.instance(n)) == names.announcer(n))
    }

    @Test(
        "a name that would not be given has no number",
        arguments: [
            "a-node-node-0", "a-node-node-01", "a-node-node--1", "a-node-node-", "a-node-1", "b-node-1",
            "a-node-node-1x",
        ])
    func strangers(_ name: String) {
        #expect(names.ordinal(node: name) == nil)
    }
}
