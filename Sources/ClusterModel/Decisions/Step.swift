/// What may be done now.
public struct Step: Sendable, Hashable, Codable {
    /// Independent of each other.
    public var actions: [Action]
    public var waits: [Wait]
    public var holds: [Hold]

    public init(actions: [Action] = [], waits: [Wait] = [], holds: [Hold] = []) {
        self.actions = actions
        self.waits = waits
        self.holds = holds
    }

    /// Nothing to do and nothing under way.
    public var isConverged: Bool { actions.isEmpty && waits.isEmpty }
}

/// Something that the systems do by themselves, and that comes to an end.
public struct Wait: Sendable, Hashable, Codable {
    public enum Subject: Sendable, Hashable, Codable {
        /// A node boots and joins.
        case join(node: String)
        /// An instance starts and registers.
        case registration(instance: String)
        /// A removed instance's state and key go away.
        case departure(instance: String)
        /// The keys of agents lapse.
        case lapse(key: String)
        /// The calls end of an instance that gets no new ones.
        case drain(instance: String)
        /// A step of the canary, from 0, sees so many calls more of it.
        case rollout(step: Int, calls: Int)
        /// A dispatcher has a revision of the shares in force.
        case acknowledgement(dispatcher: String)
    }

    public var subject: Subject
    /// `nil`: it begins with this step.
    public var since: Instant?
    /// Seconds from its beginning; past it, the wait is a hold.
    public var limit: Int
    /// The outcome that a plan counts on.
    public var assumes: String
    /// What is up, where calls are waited for.
    public var calls: CallsRecord?

    public init(
        _ subject: Subject, since: Instant?, limit: Int, assumes: String, calls: CallsRecord? = nil
    ) {
        self.subject = subject
        self.since = since
        self.limit = limit
        self.assumes = assumes
        self.calls = calls
    }

    public var target: String {
        switch subject {
        case .join(let name), .registration(let name), .departure(let name), .lapse(let name), .drain(let name),
            .acknowledgement(let name):
            name
        case .rollout: "canary"
        }
    }
}

/// Something that needs a person, or a change from outside.
public struct Hold: Sendable, Hashable, Codable {
    public enum Cause: String, Sendable, Hashable, Codable {
        /// Something of that name is not ours.
        case conflict
        /// A source could not be read.
        case unknown
        /// Calls are up, or may be.
        case calls
        /// More would be destroyed than `safety.maxDestroy` allows.
        case blastRadius
        /// Nothing fits.
        case capacity
        /// A part outside is missing or wrong: a pool, a network, an image.
        case environment
        /// It took longer than its limit.
        case overdue
        /// A canary that needs somebody's word.
        case rollout
        /// Somebody's change that Dialtone does not undo by itself.
        case drift
    }

    public var target: String
    public var cause: Cause
    /// What would be done.
    public var action: String
    /// Why it is not, and what mends it.
    public var because: String
    /// `FILE:LINE:COLUMN` of the manifest's word that it is about.
    public var location: String?

    public init(_ target: String, _ cause: Cause, action: String, because: String, location: String? = nil) {
        self.target = target
        self.cause = cause
        self.action = action
        self.because = because
        self.location = location
    }
}
