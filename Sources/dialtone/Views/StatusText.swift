import ClusterModel
import Planning

/// What of a cluster is there, and what goes on.
struct ClusterStatus {
    var spec: ClusterSpec
    var overview: Overview
    var step: Step
    var observed: Observed
    var now: Instant

    init(_ planner: Planner, _ observed: Observed, now: Instant) {
        spec = planner.desired.spec
        overview = planner.overview(observed, now: now)
        step = planner.step(observed, now: now)
        self.observed = observed
        self.now = now
    }

    /// In one word, and how much is pending.
    var summary: String {
        let parts = [
            (observed.unknownSources.count, "unknown"), (step.actions.count, "to do"), (step.waits.count, "waited for"),
            (step.holds.count, "held"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return parts.isEmpty ? "converged" : parts.joined(separator: ", ")
    }
}

/// `status` for people.
struct StatusText {
    var status: ClusterStatus
    var style = Style.plain

    var text: String {
        var blocks = [
            [style.bold("Cluster \(status.spec.name.printable): \(status.summary)")], nodes, instances, kamailios,
            shares,
        ]
        blocks.append(StepText.lines(status.step, at: status.now, style))
        blocks.append(status.observed.unknownSources.map { "? \($0.line(at: status.now))" })
        return blocks.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") + "\n" }.joined(separator: "\n")
    }

    private var nodes: [String] {
        Table(
            ["NODE", "HYPERVISOR", "STATE", "JOINED", "ADDRESS"],
            status.overview.nodes.map { node in
                [node.name, node.hypervisor, node.run.rawValue, word(node.hasJoined), node.address.description]
            }
        ).lines
    }

    private var instances: [String] {
        Table(
            ["INSTANCE", "TRACK", "NODE", "IMAGE", "UP", "CALLS", "SHARE"],
            status.overview.instances.map { instance in
                [
                    instance.name, instance.track.rawValue, instance.node, instance.image, word(instance.isUp),
                    instance.calls.map { "\($0)" } ?? "unknown",
                    instance.share?.rawValue ?? (status.observed.registry.value == nil ? "unknown" : "none"),
                ]
            }
        ).lines
    }

    private var kamailios: [String] {
        Table(
            ["KAMAILIO", "NODE", "ADDRESS", "REVISION"],
            status.overview.kamailios.map { kamailio in
                [kamailio.name, kamailio.node, kamailio.address, kamailio.revision.map { "\($0)" } ?? "unknown"]
            }
        ).lines
    }

    private var shares: [String] {
        guard let registry = status.observed.registry.value else { return [] }
        var lines: [String] = []
        if let shares = registry.shares {
            lines.append(
                "Shares: revision \(shares.revision), stable \(shares.draw.stable) %, canary \(shares.draw.canary) %")
        } else {
            lines.append("Shares: none")
        }
        lines.append("Leader: " + (registry.leader.map(\.text) ?? "none"))
        for (target, order) in registry.drains.sorted(by: { $0.key < $1.key }) {
            let note = order.note.isEmpty ? "" : ": \(order.note)"
            lines.append("Drain: \(target), ordered by \(order.by) at \(order.at.text)\(note)".printable)
        }
        for instance in status.overview.instances {
            guard let failure = instance.probe?.failure else { continue }
            lines.append("Probe: the call to \(instance.name) failed: \(failure)".printable)
        }
        for ghost in status.observed.units.value?.ghosts ?? [] { lines.append("Ghost: \(ghost)".printable) }
        return lines
    }

    private func word(_ value: Bool?) -> String {
        value.map { $0 ? "yes" : "no" } ?? "unknown"
    }
}

extension LeaderRecord {
    /// `host (pid 12, since 2026-01-01T00:00:00.000Z)`
    var text: String { "\(name) (pid \(pid), since \(since.text))".printable }
}

/// Columns as wide as what is in them.
struct Table {
    var lines: [String]

    /// - Parameter rows: none: no line, not even the head.
    init(_ head: [String], _ rows: [[String]]) {
        let rows = rows.map { $0.map(\.printable) }
        let widths = head.indices.map { column in
            ([head] + rows).map { $0[column].count }.max() ?? 0
        }
        lines =
            rows.isEmpty
            ? []
            : ([head] + rows).map { row in
                let cells = row.enumerated().map { column, cell in
                    column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
                }
                return cells.joined(separator: "  ")
            }
    }
}
