import ClusterModel
import Planning
import Testing

/// Timed on the same machine in the same run, so they run alone. The factor is generous: what is quadratic is eight times over.
@Suite(.serialized) struct LinearityTests {
    private static func spec(_ count: Int) -> ClusterSpec {
        .sample(nodes: count, replicas: count, addresses: count)
    }

    /// The shortest of three: what else runs meanwhile is not the planner's.
    private func seconds(_ body: () -> Void) -> Double {
        (0..<3).map { _ in
            let taken = ContinuousClock().measure(body).components
            return Double(taken.seconds) + Double(taken.attoseconds) / 1e18
        }.min() ?? 0
    }

    @Test("planning the first creation takes as long for each object of 480 as of 60")
    func creation() {
        let (small, large) = (Self.spec(60), Self.spec(480))
        let (few, many) = (World.empty(small), World.empty(large))
        let ratio = seconds { _ = many.plan(large) } / seconds { _ = few.plan(small) }
        #expect(ratio < 8 * 4)
    }

    @Test("finding nothing to do takes as long for each object of 480 as of 60")
    func noOp() {
        let (small, large) = (Self.spec(60), Self.spec(480))
        let (few, many) = (World.standing(small), World.standing(large))
        let ratio = seconds { _ = many.step(large) } / seconds { _ = few.step(small) }
        #expect(ratio < 8 * 4)
    }
}
