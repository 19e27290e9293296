import ClusterModel
import Planning
import Synchronization

/// Between those who tell a running reconciler something and the loop that runs at the moment.
final class RunControl: Sendable {
    struct Turn {
        var stops: AsyncStream<Void>
        var planners: AsyncStream<Planner>
    }

    private struct State {
        var isStopping = false
        /// What the loop works on, or the next one will.
        var spec: ClusterSpec?
        /// Whether the loop was stopped only for another to follow.
        var hasSuccessor = false
        var stop: AsyncStream<Void>.Continuation?
        var plan: AsyncStream<Planner>.Continuation?
    }

    private let state = Mutex(State())

    /// A loop begins.
    func begin(_ spec: ClusterSpec) -> Turn {
        let (stops, stop) = AsyncStream.makeStream(of: Void.self)
        let (planners, plan) = AsyncStream.makeStream(of: Planner.self, bufferingPolicy: .bufferingNewest(1))
        state.withLock { state in
            state.stop = stop
            state.plan = plan
            state.hasSuccessor = false
            if state.isStopping { stop.yield() }
            // What changed between two loops.
            if let newer = state.spec, newer != spec { plan.yield(Planner(desired: newer.expanded())) }
            state.spec = spec
        }
        return Turn(stops: stops, planners: planners)
    }

    /// The process is to end.
    func stop() {
        state.withLock {
            $0.isStopping = true
            $0.stop?.yield()
        }
    }

    /// The manifest changed.
    func change(to spec: ClusterSpec) {
        state.withLock { state in
            let before = state.spec
            state.spec = spec
            if spec.connections == before?.connections, spec.hypervisors == before?.hypervisors {
                state.plan?.yield(Planner(desired: spec.expanded()))
            } else {
                state.hasSuccessor = true
                state.stop?.yield()
            }
        }
    }

    /// What the next loop works on; `nil`: there is none.
    var successor: ClusterSpec? {
        state.withLock { $0.hasSuccessor && !$0.isStopping ? $0.spec : nil }
    }
}
