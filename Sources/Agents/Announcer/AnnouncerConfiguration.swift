/// What one announcer registers, and how it looks after it.
public struct AnnouncerConfiguration: Sendable, Hashable {
    public var cluster: String
    /// The instance's name; its keys are `/dialtone/<cluster>/instances/<name>` and `.../calls/<name>`.
    public var name: String
    /// Where the instance answers SIP over UDP: an IP address and a port.
    public var address: String
    public var port: Int
    /// The node that it runs on.
    public var node: String
    /// `stable` or `canary`.
    public var track: String
    public var image: String
    /// The hash of the unit that it runs.
    public var unit: String
    /// What is called before the instance gets its first caller; `nil`: nothing is.
    public var probe: String?
    public var timing = Timing()

    /// In seconds. DESIGN section 6 sets the lease and the rhythm of `calls`.
    public struct Timing: Sendable, Hashable {
        /// The lease's time to live.
        public var lease = 10
        /// Between two OPTIONS.
        public var probe: Double = 1
        /// Until an OPTIONS counts as not answered. Retransmissions of RFC 3261 fit into it.
        public var probeTimeout: Double = 0.9
        /// So many probes that failed in turn withdraw the instance.
        public var failures = 3
        /// Between two renewals of the lease.
        public var renewal: Double = 3
        /// Between two writings of `calls`, at least.
        public var calls: Double = 5
        /// The same while the instance is held off from new calls, or the announcer is asked to end.
        public var callsAtEnd: Double = 1
        /// How long calls that are up then keep the instance registered, so that nobody takes it for gone.
        public var farewell: Double = 60
        /// Between two probe calls while it is open what they come to, and once they failed.
        public var call: Double = 1
        public var callAfterFailure: Double = 10
        /// So many probe calls that failed in turn are told: a dialplan may be there a little later than SIP.
        public var callFailures = 3

        public init() {}
    }

    public init(
        cluster: String, name: String, address: String, port: Int, node: String, track: String, image: String,
        unit: String
    ) {
        self.cluster = cluster
        self.name = name
        self.address = address
        self.port = port
        self.node = node
        self.track = track
        self.image = image
        self.unit = unit
    }

    var instanceKey: String { "/dialtone/\(cluster)/instances/\(name)" }
    var sharesKey: String { "/dialtone/\(cluster)/shares" }
    var dispatchersPrefix: String { "/dialtone/\(cluster)/dispatchers/" }
    var callsKey: String { "/dialtone/\(cluster)/calls/\(name)" }
}
