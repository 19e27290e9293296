/// The whole way from what is to what was asked, as far as it can be foreseen. Touches nothing: the dry run.
public struct Plan: Sendable, Hashable, Codable {
    public var cluster: String
    public var createdAt: Instant
    public var steps: [PlannedStep]
    /// What is left at the end.
    public var holds: [Hold]
    /// What could not be read.
    public var unknowns: [Unknown]
    /// What the plan counts on.
    public var assumptions: [String]

    public struct PlannedStep: Sendable, Hashable, Codable {
        /// At most so many seconds after the plan's start.
        public var atMost: Int
        public var actions: [Action]
        public var waits: [Wait]

        public init(atMost: Int, actions: [Action], waits: [Wait]) {
            self.atMost = atMost
            self.actions = actions
            self.waits = waits
        }
    }

    public struct Unknown: Sendable, Hashable, Codable {
        public var source: String
        public var reason: String
        /// When it was last known; `nil`: never, by this process.
        public var lastKnown: Instant?

        public init(source: String, reason: String, lastKnown: Instant?) {
            self.source = source
            self.reason = reason
            self.lastKnown = lastKnown
        }
    }

    public init(
        cluster: String, createdAt: Instant, steps: [PlannedStep], holds: [Hold], unknowns: [Unknown],
        assumptions: [String]
    ) {
        self.cluster = cluster
        self.createdAt = createdAt
        self.steps = steps
        self.holds = holds
        self.unknowns = unknowns
        self.assumptions = assumptions
    }

    public var actions: [Action] { steps.flatMap(\.actions) }
    public var isEmpty: Bool { steps.isEmpty && holds.isEmpty }
    /// Whole seconds that it takes at most.
    public var bound: Int {
        guard let last = steps.last else { return 0 }
        return last.atMost + (last.waits.map(\.limit).max() ?? 0)
    }

    public func count(_ verb: Action.Verb) -> Int { actions.count { $0.verb == verb } }
    /// Nodes and instances that it destroys or replaces.
    public var destroyed: Set<String> { Set(actions.filter(\.isDestructive).map(\.target)) }
}
