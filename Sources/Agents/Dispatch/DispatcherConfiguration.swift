import Kamailio

/// What one agent beside a Kamailio looks after.
public struct DispatcherConfiguration: Sendable, Hashable {
    public var cluster: String
    /// Its key is `/dialtone/<cluster>/dispatchers/<name>`.
    public var name: String
    /// The dispatcher's list file, as Kamailio's `list_file` says.
    public var listFile: String
    public var sets: KamailioSettings.Sets
    /// Kamailio's `reload_delta`, in seconds: 5 unless its script sets it.
    public var reloadDelta: Int
    public var timing = Timing()

    /// In seconds. DESIGN section 6 sets the lease.
    public struct Timing: Sendable, Hashable {
        /// The lease's time to live.
        public var lease = 10
        /// Between two renewals of the lease.
        public var renewal: Double = 3
        /// Between two looks at whether Kamailio is the same and answers.
        public var poll: Double = 1
        /// Between two writings of `traffic`, at least.
        public var traffic: Double = 5

        public init() {}
    }

    public init(
        cluster: String, name: String, listFile: String, sets: KamailioSettings.Sets = .init(), reloadDelta: Int = 5
    ) {
        self.cluster = cluster
        self.name = name
        self.listFile = listFile
        self.sets = sets
        self.reloadDelta = reloadDelta
    }

    var sharesKey: String { "/dialtone/\(cluster)/shares" }
    var acknowledgementKey: String { "/dialtone/\(cluster)/dispatchers/\(name)" }
    var trafficKey: String { "/dialtone/\(cluster)/traffic/\(name)" }
}
