import ClusterModel

/// Decides. A value and pure functions: the same arguments give the same step, byte for byte.
public struct Planner: Sendable {
    public var desired: Desired
    public var limits: Limits
    /// Nodes and instances that may be destroyed or replaced, over the manifest's `safety.maxDestroy`.
    public var allowDestroy: Int?
    /// `nil`: everything may be touched.
    public var scope: Scope?

    public init(desired: Desired, limits: Limits = Limits(), allowDestroy: Int? = nil, scope: Scope? = nil) {
        self.desired = desired
        self.limits = limits
        self.allowDestroy = allowDestroy
        self.scope = scope
    }

    /// What a plan that was saved may touch: nothing else is taken down, nor drained for that.
    public struct Scope: Sendable, Hashable {
        /// Nodes and instances that it does something to.
        public var targets: Set<String>
        /// Those of them that it destroys or replaces.
        public var destructible: Set<String>

        public init(targets: Set<String>, destructible: Set<String>) {
            self.targets = targets
            self.destructible = destructible
        }
    }

    /// What may be done now.
    public func step(_ observed: Observed, now: Instant) -> Step {
        let survey = survey(observed, now: now)
        let draft = draw(survey, destruction: .allowed)
        guard draft.wantsDestruction else { return draft.step }
        let destruction = self.destruction(observed, now: now)
        return destruction.isAllowed ? draft.step : draw(survey, destruction: destruction).step
    }

    /// The whole way, foreseen; touches nothing.
    public func plan(_ observed: Observed, now: Instant) -> Plan {
        let foreseen = Foresight(planner: self).run(observed, now: now, destruction: .allowed)
        guard !foreseen.destroyed.isEmpty else { return foreseen }
        let destruction = verdict(on: foreseen.destroyed, observed, now: now)
        return destruction.isAllowed
            ? foreseen : Foresight(planner: self).run(observed, now: now, destruction: destruction)
    }

    /// Whether what the whole plan destroys is within what is allowed.
    private func destruction(_ observed: Observed, now: Instant) -> Destruction {
        let destroyed = Foresight(planner: self).run(observed, now: now, destruction: .allowed).destroyed
        return verdict(on: destroyed, observed, now: now)
    }

    private func verdict(on destroyed: Set<String>, _ observed: Observed, now: Instant) -> Destruction {
        let hourAgo = now.advanced(bySeconds: -3600)
        let recent = (observed.registry.value?.destructions ?? [:]).filter { $0.value > hourAgo }
        let limit = max(allowDestroy ?? 0, desired.spec.safety.maxDestroy)
        let count = destroyed.union(recent.keys).count
        return count <= limit ? .allowed : .held(count: count, recent: recent.count, limit: limit)
    }

    func survey(_ observed: Observed, now: Instant) -> Survey {
        Survey(desired: desired, observed: observed, now: now, limits: limits)
    }

    /// One step, by every planner in turn: each sees what is there, and what those before it ask of it.
    func draw(_ survey: Survey, destruction: Destruction) -> Draft {
        let standing = RolloutStanding(desired, survey.registry, now: survey.now)
        survey.desired = RolloutStanding.inForce(desired, standing.record)
        let gate = Gate(survey: survey)
        let nodes = NodeAssignment.of(survey)
        let instances = InstanceAssignment(survey, nodes: nodes)
        var draft = Draft(InstanceCapacity(survey, instances), scope)
        NodePlanner(survey: survey, assignment: nodes, gate: gate, destruction: destruction).plan(into: &draft)
        UnitPlanner(survey: survey, assignment: instances, gate: gate, destruction: destruction).plan(into: &draft)
        KamailioPlanner(survey: survey, nodes: nodes, instances: instances).plan(into: &draft)
        TrafficPlanner(survey: survey).plan(into: &draft)
        RolloutPlanner(survey: survey, standing: standing).plan(into: &draft)
        RegistryPlanner(survey: survey).plan(into: &draft)
        if draft.step.isConverged { draft.step.holds += draft.refusals.map(\.hold) }
        draft.step = confined(draft.step, survey)
        return draft
    }

    /// Without etcd there is no lease, and without a lease there is no action. Without the rollout's record nobody knows which image was promoted,
    /// nor what share is in force.
    private func confined(_ step: Step, _ survey: Survey) -> Step {
        if let reason = survey.observed.registry.reason {
            return step.holding(because: "etcd cannot be read, and nothing is done without its lease: \(reason)") { _ in
                true
            }
        }
        guard survey.registry?.malformed[survey.desired.names.rolloutKey] != nil, !survey.desired.isLeaving else {
            return step
        }
        return step.holding(because: "the record of the canary cannot be read; mend or delete the key rollout") {
            switch $0.kind {
            case .replaceInstance, .placeInstance, .writeShares, .writeRollout: true
            default: false
            }
        }
    }
}

extension Step {
    /// This step with some of its actions held.
    fileprivate func holding(because: String, _ isHeld: (Action) -> Bool) -> Step {
        let more = actions.filter(isHeld).map {
            Hold($0.target, .unknown, action: $0.verb.rawValue, because: because)
        }
        return Step(actions: actions.filter { !isHeld($0) }, waits: waits, holds: holds + more)
    }
}
