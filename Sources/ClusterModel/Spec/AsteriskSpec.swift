/// `spec.asterisk`: the stable track.
public struct AsteriskSpec: Sendable, Hashable, Codable {
    public var replicas: Int
    /// Instances that one node may carry.
    public var perNode: Int
    public var workload: Workload
    public var maxUnavailable: Int
    public var drain: DrainSpec
    /// `nil`: an instance that answers OPTIONS gets calls.
    public var probe: ProbeSpec?

    public init(
        replicas: Int, workload: Workload, perNode: Int = 1, maxUnavailable: Int = 1, drain: DrainSpec = DrainSpec(),
        probe: ProbeSpec? = nil
    ) {
        self.replicas = replicas
        self.perNode = perNode
        self.workload = workload
        self.maxUnavailable = maxUnavailable
        self.drain = drain
        self.probe = probe
    }
}

/// `asterisk.probe`: a call that has to go well before an instance gets its first caller.
public struct ProbeSpec: Sendable, Hashable, Codable {
    /// An extension that answers and sends back what it hears.
    public var `extension`: String

    public init(extension: String) {
        self.extension = `extension`
    }
}

/// `asterisk.drain`: how the calls of an instance are let end before it is touched.
public struct DrainSpec: Sendable, Hashable, Codable {
    /// What is done when they have not ended in time.
    public enum Late: String, Sendable, Hashable, Codable, CaseIterable {
        /// Nothing: a person looks at it.
        case hold
        /// What is left of them is cut; the plan says how many.
        case cut
    }

    /// In seconds, from when no new call is dealt to it.
    public var timeout: Int
    public var onTimeout: Late

    public init(timeout: Int = 3600, onTimeout: Late = .hold) {
        self.timeout = timeout
        self.onTimeout = onTimeout
    }
}

/// `spec.canary`: instances of a second version, on top of the stable ones.
public struct CanarySpec: Sendable, Hashable, Codable {
    public var replicas: Int
    public var workload: Workload
    /// Percent of calls, 0 to 100; with steps, theirs hold.
    public var weight: Int
    /// In the order in which they are tried; the first that fits decides.
    public var match: [MatchRule]
    /// Empty: the weight holds from the beginning, and nothing is analysed.
    public var steps: [RolloutStep]
    public var analysis: AnalysisSpec

    public init(
        replicas: Int, workload: Workload, weight: Int, match: [MatchRule] = [], steps: [RolloutStep] = [],
        analysis: AnalysisSpec = AnalysisSpec()
    ) {
        self.replicas = replicas
        self.workload = workload
        self.weight = weight
        self.match = match
        self.steps = steps
        self.analysis = analysis
    }
}

/// What an instance runs.
public struct Workload: Sendable, Hashable, Codable {
    public var image: String
    public var env: [String: String]
    public var runtime: ContainerRuntime
    /// Names of the fields that were left to Dialtone's defaults.
    public var defaulted: FieldNames

    public init(
        image: String, env: [String: String] = [:], runtime: ContainerRuntime = .docker,
        defaulted: FieldNames = []
    ) {
        self.image = image
        self.env = env
        self.runtime = runtime
        self.defaulted = defaulted
    }
}

public enum ContainerRuntime: String, Sendable, Hashable, Codable, CaseIterable {
    case docker, podman
}
