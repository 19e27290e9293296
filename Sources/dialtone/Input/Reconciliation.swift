import ClusterModel
import Glibc
import Planning
import Reconciler

/// `apply` and `destroy`: shows the plan, asks, and carries it out.
struct Reconciliation {
    var session: Session
    var planner: Planner
    /// A saved plan, and whether its manifest is still what it was.
    var saved: SavedPlanFile?
    var isConsented: Bool
    /// Seconds; `nil`: the plan's own bound and a margin.
    var timeLimit: Int?
    var format: OutputOptions.Format
    /// What is asked before anything is changed.
    var question: (Plan) -> String

    func run() async throws(CommandError) {
        let startedAt = session.clock.now()
        let observed = await session.observe()
        let plan = planner.plan(observed, now: startedAt)
        try check(observed)
        show(plan)
        guard !plan.steps.isEmpty else {
            return try conclude(Self.outcome(without: plan), done: [], since: startedAt)
        }
        if saved != nil, !plan.unknowns.isEmpty {
            return try conclude(
                .unreachable(plan.unknowns.map { "\($0.source): \($0.reason)" }), done: [], since: startedAt)
        }
        if !plan.actions.isEmpty, try !Consent.ask(question(plan), isGiven: isConsented) {
            throw CommandError(.held, "nothing was done")
        }
        if !plan.destroyed.isEmpty {
            Streams.error.write("\(plan.destroyed.count) nodes and instances are destroyed or replaced.\n")
        }
        let display = ProgressDisplay(isContinuous: false)
        let outcome = await reconcile(display)
        try conclude(outcome, done: display.done, since: startedAt)
    }

    /// A saved plan is for one world and one manifest.
    private func check(_ observed: Observed) throws(CommandError) {
        guard let saved else { return }
        var changes = saved.changedSources()
        // What cannot be read now has not changed on that account.
        if observed.unknowns.isEmpty { changes += saved.plan.staleness(observed) }
        guard changes.isEmpty else {
            throw CommandError(
                .held, "the plan is out of date; make a new one:\n" + changes.map { "  \($0)" }.joined(separator: "\n"))
        }
    }

    private func show(_ plan: Plan) {
        let stream = format == .text ? Streams.output : .error
        stream.write(PlanText(plan: plan, style: .standard(stream)).text)
    }

    /// How it ends where there is nothing to carry out or to wait for: neither a lease is taken nor anything written.
    static func outcome(without plan: Plan) -> Outcome {
        if !plan.unknowns.isEmpty { return .unreachable(plan.unknowns.map { "\($0.source): \($0.reason)" }) }
        return plan.holds.isEmpty ? .converged : .held(plan.holds)
    }

    private func reconcile(_ display: ProgressDisplay) async -> Outcome {
        let (stops, stop) = AsyncStream.makeStream(of: Void.self)
        let signals = StopSignals {
            display.say("stopping: what runs is let end; interrupt again to leave it at once")
            stop.yield()
        } again: {
            let left = OutcomeText(
                outcome: .stopped(left: display.left), done: display.done, seconds: 0, now: Clock().now())
            Streams.error.write(left.text)
            _exit(ExitStatus.notInTime.rawValue)
        }
        defer { signals.cancel() }
        let settings = Settings(
            mode: .once, timeLimit: timeLimit, seed: .random(in: .min ... .max), approval: saved?.plan)
        let loop = Loop(
            ports: session.ports, planner: planner, settings: settings, holder: ProcessIdentity.hostname)
        return await display.during { await loop.run(display.listener, stops: stops) }
    }

    private func conclude(_ outcome: Outcome, done: [Action], since startedAt: Instant) throws(CommandError) {
        let now = session.clock.now()
        let text = OutcomeText(
            outcome: outcome, done: done, seconds: now.seconds(since: startedAt), now: now,
            style: .standard(.error))
        Streams.error.write(text.text)
        if format == .json {
            let document = OutcomeDocument(
                outcome, cluster: session.spec.name, done: done, startedAt: startedAt, endedAt: now)
            Streams.output.write(JSONText.of(document))
        }
        try ExitStatus(outcome).end()
    }
}
