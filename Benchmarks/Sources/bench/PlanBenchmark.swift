import ClusterModel
import Planning

/// One step, and whole plans, in memory. Their floor is a comparison of the same objects in two dictionaries.
enum PlanBenchmark {
    static func run(_ report: Report) async throws {
        var times: [String: [Double]] = [:]
        for objects in [1250, 5000, 10_000] {
            let world = try PlanWorld(objects: objects)
            let diff = try BareDiff(world, isEmpty: false)
            precondition(diff.run().changed.isEmpty && diff.run().created.isEmpty)
            let planner = world.planner
            precondition(planner.plan(world.standing, now: world.now).isEmpty)
            precondition(planner.plan(world.empty, now: world.now).count(.create) == world.objects / 3 * 2)
            let cases: [(String, () -> Void)] = [
                ("one step, nothing to do", { _ = planner.step(world.standing, now: world.now) }),
                ("one step, everything to create", { _ = planner.step(world.empty, now: world.now) }),
                ("plan of a no-op", { _ = planner.plan(world.standing, now: world.now) }),
                ("plan of a first creation", { _ = planner.plan(world.empty, now: world.now) }),
            ]
            for (name, body) in cases {
                let pairs = try await Pairs.measure(rounds: objects < 10_000 ? 15 : 9) {
                    computing { diff.run() }
                } ours: {
                    computing(body)
                }
                times[name, default: []].append(pairs.ours / Double(world.objects))
                report.add("\(name), \(objects) objects / bare diff", pairs, limit: 10)
            }
        }
        try rolling(report)
        for (name, costs) in times.sorted(by: { $0.key < $1.key }) {
            // An object of many may cost more than one of few by what memory costs, not by what is done.
            report.add(
                Report.Row(
                    name: "\(name): an object of 10,000 / of 1,250", floor: Self.microseconds(costs[0]),
                    ours: Self.microseconds(costs[2]), ratio: costs[2] / costs[0], limit: 1.5))
        }
    }

    /// One node after the other, and one instance: a step of its own for each. The shares name every instance in each of their many steps: some of
    /// it is quadratic whatever is done.
    private static func rolling(_ report: Report) throws {
        let costs = try [100, 300].map { nodes in
            let world = try PlanWorld(objects: 3 * nodes)
            var desired = world.planner.desired
            desired.spec.nodes.diskGiB += 1
            let planner = Planner(desired: desired, allowDestroy: nodes)
            precondition(planner.plan(world.standing, now: world.now).count(.replace) == nodes)
            let times = (0..<5).map { _ in computing { planner.plan(world.standing, now: world.now) } }
            return Pairs.median(times) / Double(nodes)
        }
        report.add(
            Report.Row(
                name: "plan of a rolling change: a node of 300 / of 100", floor: microseconds(costs[0]),
                ours: microseconds(costs[1]), ratio: costs[1] / costs[0], limit: nil))
    }

    private static func microseconds(_ milliseconds: Double) -> String {
        "\((milliseconds * 10_000).rounded() / 10) us"
    }
}
