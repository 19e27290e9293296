import ClusterModel
import Planning
import Reconciler

/// Where people look at a canary with steps, and give orders about it.
struct CanaryDesk {
    let format: OutputOptions.Format
    let session: Session

    init(_ intent: Intent) throws(CommandError) {
        format = intent.format
        session = try Session(try intent.load(), lab: intent.lab)
    }

    private var hasSteps: Bool { session.spec.canary?.steps.isEmpty == false }

    private func observe() async throws(CommandError) -> Observed {
        let observed = await session.observe(images: .remembered)
        if let reason = observed.registry.reason { throw CommandError(.unreachable, reason) }
        guard hasSteps || observed.registry.value?.rollout != nil else {
            throw CommandError(.usage, "the manifest has no canary with steps (spec.canary.steps)")
        }
        return observed
    }

    /// What is known of it now.
    private func overview(_ observed: Observed) -> RolloutOverview? {
        Planner(desired: session.spec.expanded()).rollout(observed, now: session.clock.now())
    }

    func report() async throws(CommandError) { show(overview(try await observe())) }

    private func show(_ overview: RolloutOverview?) {
        switch format {
        case .json: Streams.output.write(JSONText.of(CanaryDocument(overview, session.spec)))
        case .text:
            let text = overview.map { RolloutText(overview: $0, style: .standard(.output)).text }
            Streams.output.write(text ?? "The canary has yet to begin: the next apply or run brings it.\n")
        }
    }

    /// Writes an order down, where it means something.
    func order(_ what: CanaryOrder, note: String) async throws(CommandError) {
        let observed = try await observe()
        guard let record = observed.registry.value?.rollout else {
            throw CommandError(.usage, "the canary has yet to begin; the next apply or run brings it")
        }
        guard what.isMeant(for: record.state), hasSteps || what == .abort else {
            throw CommandError(.usage, "the canary is \(record.state.rawValue): there is nothing to \(what.rawValue)")
        }
        let order = PersonalOrder(by: Person.name, note: note, at: session.clock.now())
        try await session.order { registry throws(PortError) in try await registry.order(what, order) }
        switch format {
        case .json: show(overview(observed))
        case .text:
            Streams.output.write("Ordered: \(what.rawValue). The controller that runs, or the next apply, does it.\n")
        }
    }
}
