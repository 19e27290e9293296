import ClusterModel
import Planning
import Reconciler

/// A cluster's life in three parts: made, changed in all that can change, destroyed. In one of them the process that does it is killed after a certain
/// operation, and another one goes on from what is there.
public struct CrashScenario: Sendable {
    public enum Part: String, Sendable, CaseIterable {
        case made, changed, destroyed
    }

    public init() {}

    /// How many operations a part takes when nothing goes wrong.
    public func operations(of part: Part) -> Int { run(part, crashAfter: nil).operations }

    /// What is broken or left over when the process was killed after so many operations.
    public func violations(of part: Part, crashAfter count: Int) -> [String] {
        run(part, crashAfter: count).simulation.violations
    }

    private func run(_ part: Part, crashAfter count: Int?) -> (simulation: Simulation, operations: Int) {
        var simulation = self.simulation(before: part)
        let begun = simulation.operations
        simulation.crashAfter = count.map { begun + $0 }
        simulation.adopt(planner(of: part))
        simulation.begin(mode: .once, controller: 0)
        while simulation.controllers[0].isAlive, simulation.controllers[0].outcome == nil, simulation.step() {}
        let operations = simulation.operations - begun
        simulation.crashAfter = nil
        simulation.converge()
        return (simulation, operations)
    }

    /// The world as the parts before left it.
    private func simulation(before part: Part) -> Simulation {
        var world = SimulatedWorld(
            cluster: "a", hypervisors: ["h1"], timing: .prompt, at: Instant(seconds: 1_800_000_000))
        Scenario.furnish(&world)
        world.kamailios = [:]
        var simulation = Simulation(seed: 1, world: world, planner: planner(of: .made))
        guard part != .made else { return simulation }
        simulation.begin(mode: .once)
        simulation.converge()
        if part == .destroyed {
            simulation.adopt(planner(of: .changed))
            simulation.converge()
        }
        return simulation
    }

    private func planner(of part: Part) -> Planner {
        var spec = ClusterSpec(
            name: "a", connections: Connections(etcd: ["http://10.0.9.1:2379"], fleet: "http://10.0.9.1:49153"),
            hypervisors: [HypervisorSpec(name: "h1")],
            nodes: NodesSpec(
                count: 3, image: "/images/base.qcow2", addresses: (11...14).map { IPv4(number: 0x0A00_0000 + $0) },
                memoryMiB: 2048),
            asterisk: AsteriskSpec(replicas: 2, workload: Workload(image: "asterisk:20"), perNode: 2))
        switch part {
        case .made: return Planner(desired: spec.expanded(), allowDestroy: 1000)
        case .destroyed: return Planner(desired: spec.emptied(), allowDestroy: 1000)
        case .changed:
            spec.nodes.count = 2
            spec.nodes.image = "/images/next.qcow2"
            spec.nodes.memoryMiB = 4096
            spec.asterisk.replicas = 3
            spec.asterisk.workload.image = "asterisk:21"
            return Planner(desired: spec.expanded(), allowDestroy: 1000)
        }
    }
}
