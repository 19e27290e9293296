import ClusterModel
import Planning

/// A plan for people: every action on a line of its own, in the order in which it will run.
struct PlanText {
    var plan: Plan
    var style = Style.plain

    var text: String {
        var lines = [style.bold("Plan for cluster \(plan.cluster.printable)")]
        for (number, indices) in groups.enumerated() { lines += [""] + block(number + 1, indices) }
        if !plan.holds.isEmpty { lines += ["", "Held:"] + plan.holds.map(hold) }
        if !plan.unknowns.isEmpty {
            lines += ["", "Unknown, and left alone:"] + plan.unknowns.map { "? \($0.line(at: plan.createdAt))" }
        }
        if !plan.assumptions.isEmpty {
            lines += ["", "This plan assumes:"] + plan.assumptions.map { "  \($0.printable)" }
        }
        if plan.isEmpty, plan.unknowns.isEmpty { lines += ["", "Nothing to do: all is as the manifest asks."] }
        return lines.joined(separator: "\n") + "\n\n" + style.bold(summary) + "\n"
    }

    /// A replacement is counted twice, as what goes and as what comes.
    var summary: String {
        let counts = PlanCounts(plan)
        return """
            Plan: \(counts.create) to create, \(counts.change) to change, \(counts.destroy) to destroy, \
            \(counts.held) held.
            """
    }

    /// What is only waited for belongs to the step whose effect it is.
    private var groups: [[Int]] {
        var groups: [[Int]] = []
        for (index, step) in plan.steps.enumerated() {
            if step.actions.isEmpty, let last = groups.indices.last {
                groups[last].append(index)
            } else {
                groups.append([index])
            }
        }
        return groups
    }

    private func block(_ number: Int, _ indices: [Int]) -> [String] {
        let atMost = plan.steps[indices[0]].atMost
        return ["Step \(number), \(atMost == 0 ? "now" : "after at most \(atMost) s"):"] + indices.flatMap(step)
    }

    private func step(_ index: Int) -> [String] {
        let step = plan.steps[index]
        var lines: [String] = []
        for action in step.actions {
            lines.append(style.paint(action.symbol, action.color) + " " + action.line)
            for change in action.changes {
                lines.append("    " + change.line(note: note(change, action, before: index)))
            }
            if case .writeShares(let shares) = action.kind { lines += SplitForecast(shares).lines.map { "    " + $0 } }
        }
        return lines + step.waits.map { style.paint("…", .cyan) + " " + $0.line(at: plan.createdAt) }
    }

    /// A member's address stands in the shares as its instance registered it: what has yet to register is not known.
    private func note(_ change: Change, _ action: Action, before step: Int) -> String {
        guard case .writeShares(let shares) = action.kind, let member = shares[change.field] else { return "" }
        return " at " + (plan.registersBefore(step, member.name) ? "(known when registered)" : member.address)
    }

    private func hold(_ hold: Hold) -> String {
        style.paint("!", .yellow) + " " + hold.line
    }
}

/// How much a plan does.
struct PlanCounts: Encodable, Equatable {
    var create: Int
    var change: Int
    var destroy: Int
    var held: Int

    init(_ plan: Plan) {
        let replaced = plan.count(.replace)
        create = plan.count(.create) + replaced
        change = plan.count(.change)
        destroy = plan.count(.destroy) + replaced
        held = plan.holds.count
    }
}

extension Plan {
    /// Whether an instance registers within the plan, before its step `number` (from 0).
    func registersBefore(_ number: Int, _ instance: String) -> Bool {
        steps.prefix(number).contains { step in
            step.waits.contains { $0.subject == .registration(instance: instance) }
        }
    }
}
