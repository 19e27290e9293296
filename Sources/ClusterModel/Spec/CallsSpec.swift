/// `spec.kamailio`: what deals the calls.
public struct KamailioSpec: Sendable, Hashable, Codable {
    /// Kamailios of ours, one a node.
    public var replicas: Int
    /// The container image of ours; empty where there are none.
    public var image: String
    public var runtime: ContainerRuntime
    /// The UDP port of ours, on their nodes' addresses.
    public var listen: Int
    /// IPv4 networks whose requests ours do not count for flooding; empty: nobody's are counted.
    public var trusted: [String]
    /// Names of the dispatchers beside Kamailios that others run; their keys under `dispatchers/`.
    public var external: [String]
    /// The sets by which some of those deal, by name.
    public var sets: [String: DispatcherSets]
    /// Names of the fields of `KamailioInputs` that were left to Dialtone's defaults.
    public var defaulted: FieldNames

    /// Instances of Asterisk have 5060, 5070 and so on.
    public static let defaultPort = 5065

    public init(
        replicas: Int = 0, image: String = "", runtime: ContainerRuntime = .docker, listen: Int = defaultPort,
        trusted: [String] = [], external: [String] = [], sets: [String: DispatcherSets] = [:],
        defaulted: FieldNames = []
    ) {
        self.replicas = replicas
        self.image = image
        self.runtime = runtime
        self.listen = listen
        self.trusted = trusted
        self.external = external
        self.sets = sets
        self.defaulted = defaulted
    }
}

/// The numbers of a dispatcher's sets that are Dialtone's.
public struct DispatcherSets: Sendable, Hashable, Codable {
    public var stable: Int
    public var canary: Int
    /// From which a call's track is drawn.
    public var draw: Int
    /// Which carry the rules for calls that are not drawn.
    public var rules: Int

    public init(stable: Int = 1, canary: Int = 2, draw: Int = 9, rules: Int = 8) {
        self.stable = stable
        self.canary = canary
        self.draw = draw
        self.rules = rules
    }

    /// `1,2,9,8`, as `dialtone dispatch --sets` takes it.
    public var text: String { "\(stable),\(canary),\(draw),\(rules)" }
}

/// One rule of `spec.canary.match`: calls for which all holds that it names go to its track, without a draw.
public struct MatchRule: Sendable, Hashable, Codable {
    public var to: Track
    /// What the called number begins with.
    public var called: String?
    /// What the caller's number begins with.
    public var caller: String?
    /// The IPv4 network that the call comes from.
    public var source: String?
    /// A header that the call has.
    public var header: String?
    /// That header's value; `nil`: any.
    public var value: String?

    public init(
        to: Track, called: String? = nil, caller: String? = nil, source: String? = nil, header: String? = nil,
        value: String? = nil
    ) {
        self.to = to
        self.called = called
        self.caller = caller
        self.source = source
        self.header = header
        self.value = value
    }
}
