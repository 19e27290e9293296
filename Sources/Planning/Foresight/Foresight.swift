import ClusterModel

/// Draws up a plan: steps, each carried out and waited for in thought, until nothing is left to do.
struct Foresight {
    let planner: Planner

    func run(_ observed: Observed, now: Instant, destruction: Destruction) -> Plan {
        let survey = planner.survey(observed, now: now)
        var steps: [Plan.PlannedStep] = []
        var holds: [Hold] = []
        let most = Self.mostSteps(planner.desired, observed)
        while true {
            let step = planner.draw(survey, destruction: destruction).step
            holds = step.holds
            guard !step.isConverged else { break }
            guard steps.count < most else {
                holds.append(
                    Hold(
                        planner.desired.spec.name, .overdue, action: "plan",
                        because:
                            "no end is in sight after \(most) steps; this is a defect of Dialtone, please report it"))
                break
            }
            let begun = survey.now
            survey.predict(step.actions)
            var waits = step.waits
            if !waits.isEmpty, !step.actions.isEmpty {
                // What the actions begin goes on meanwhile: it is not late already when the rest has ended.
                let subjects = Set(waits.map(\.subject))
                waits += planner.draw(survey, destruction: destruction).step.waits
                    .filter { !subjects.contains($0.subject) }
            }
            steps.append(Plan.PlannedStep(atMost: begun.seconds(since: now), actions: step.actions, waits: waits))
            survey.now = begun.advanced(bySeconds: waits.lazy.map(\.limit).max() ?? 0)
            survey.settle(waits)
        }
        return Plan(
            cluster: planner.desired.spec.name, createdAt: now, steps: steps, holds: holds,
            unknowns: unknowns(observed), assumptions: assumptions(steps, observed))
    }

    /// Each object takes a handful of steps at most; one at a time at worst.
    private static func mostSteps(_ desired: Desired, _ observed: Observed) -> Int {
        let domains = observed.hypervisors.values.reduce(0) { $0 + ($1.value?.domains.count ?? 0) }
        let units = observed.units.value?.units.count ?? 0
        let steps = desired.spec.canary?.steps.count ?? 0
        return 20 + 8 * (desired.spec.nodes.count + desired.instances + domains + units + steps)
    }

    private func unknowns(_ observed: Observed) -> [Plan.Unknown] {
        func last<T>(_ reading: Reading<T>?) -> Instant? {
            if case .unknown(_, let last) = reading { last?.at } else { nil }
        }
        return observed.unknowns.map { source, reason in
            let lastKnown =
                switch source {
                case "etcd": last(observed.registry)
                case "fleet": last(observed.units)
                default:
                    last(observed.hypervisors.first { source == "libvirt (\($0.key))" }?.value)
                }
            return Plan.Unknown(source: source, reason: reason, lastKnown: lastKnown)
        }
    }

    private func assumptions(_ steps: [Plan.PlannedStep], _ observed: Observed) -> [String] {
        var found: [String] = []
        let waits = steps.flatMap(\.waits)
        func say(_ text: String, _ matches: (Wait.Subject) -> Bool) {
            if waits.contains(where: { matches($0.subject) }) { found.append(text) }
        }
        say("every node boots and joins in time") { if case .join = $0 { true } else { false } }
        say("every instance starts and registers in time") { if case .registration = $0 { true } else { false } }
        say("calls end by themselves within asterisk.drain.timeout") { if case .drain = $0 { true } else { false } }
        say("what is removed goes away in time") { if case .departure = $0 { true } else { false } }
        say("every dispatcher has a new revision of the shares in force in time") {
            if case .acknowledgement = $0 { true } else { false }
        }
        let touches = steps.contains { $0.actions.contains { $0.isDestructive } }
        let dispatchers = planner.desired.spec.dispatchers
        if touches, dispatchers.isEmpty {
            found.append(
                "no call reaches an instance once it is out of the shares (no dispatcher: new calls cannot be held off)"
            )
        }
        if !steps.isEmpty {
            for name in dispatchers {
                guard let bound = observed.registry.value?.dispatchers[name]?.bound else { continue }
                found.append("an instance that hangs gets no new calls from \(name) after \(bound) s")
            }
        }
        return found
    }
}
