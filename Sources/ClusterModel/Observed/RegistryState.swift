/// The cluster's keys in etcd.
public struct RegistryState: Sendable, Hashable {
    public var leader: LeaderRecord?
    public var instances: [String: InstanceRecord]
    public var calls: [String: CallsRecord]
    /// Instances whose announcer lives and cannot count, with what its sources said.
    public var uncounted: [String: String] = [:]
    public var shares: Shares?
    /// By the dispatcher's name.
    public var dispatchers: [String: DispatcherRecord]
    /// Drains that people ordered, by the instance or the node that is to get no calls.
    public var drains: [String: PersonalOrder]
    /// What people ordered of the canary, until it is done.
    public var canaryOrders: [CanaryOrder: PersonalOrder] = [:]
    public var rollout: RolloutRecord?
    /// By the dispatcher's name.
    public var traffic: [String: TrafficRecord] = [:]
    /// When each node or instance was last destroyed or replaced, by name, within the last hour and before. Written just
    /// before, so that one which failed and is tried again counts once.
    public var destructions: [String: Instant]
    /// Every key under the cluster's prefix.
    public var keys: Set<String>
    /// Keys that do not say what their place asks for, with the reason.
    public var malformed: [String: String]

    public init(
        leader: LeaderRecord? = nil, instances: [String: InstanceRecord] = [:], calls: [String: CallsRecord] = [:],
        shares: Shares? = nil, dispatchers: [String: DispatcherRecord] = [:], drains: [String: PersonalOrder] = [:],
        destructions: [String: Instant] = [:],
        keys: Set<String> = [],
        malformed: [String: String] = [:]
    ) {
        self.leader = leader
        self.instances = instances
        self.calls = calls
        self.shares = shares
        self.dispatchers = dispatchers
        self.drains = drains
        self.destructions = destructions
        self.keys = keys
        self.malformed = malformed
    }
}

/// `leader`: who may act.
public struct LeaderRecord: Sendable, Hashable, Codable {
    public var name: String
    public var pid: Int
    public var since: Instant

    public init(name: String, pid: Int, since: Instant) {
        self.name = name
        self.pid = pid
        self.since = since
    }
}

/// `instances/<name>`: an Asterisk that answers, as its announcer wrote it.
public struct InstanceRecord: Sendable, Hashable {
    public var address: String
    public var port: Int
    public var node: String
    public var track: Track
    public var image: String
    public var version: String
    public var health: String
    /// Hash of the unit that it runs.
    public var unit: String
    public var since: Instant
    /// What its probe call came to; `nil`: none was asked for, or it has yet to be made.
    public var probe: Probe?

    /// A call that its announcer made to it.
    public struct Probe: Sendable, Hashable, Codable {
        public var `extension`: String
        /// Why it went wrong; `nil`: it went well.
        public var failure: String?

        public init(extension: String, failure: String? = nil) {
            self.extension = `extension`
            self.failure = failure
        }
    }

    public init(
        address: String, port: Int, node: String, track: Track, image: String, version: String, health: String,
        unit: String, since: Instant, probe: Probe? = nil
    ) {
        self.address = address
        self.port = port
        self.node = node
        self.track = track
        self.image = image
        self.version = version
        self.health = health
        self.unit = unit
        self.since = since
        self.probe = probe
    }
}

/// `orders/<order>/<target>`: what somebody wants. `drain`: no calls there, until it is taken back.
public struct PersonalOrder: Sendable, Hashable {
    public var by: String
    public var note: String
    public var at: Instant

    public init(by: String, note: String, at: Instant) {
        self.by = by
        self.note = note
        self.at = at
    }
}

/// `shares`: what the dispatchers deal. The draw is in percent and adds up to 100.
public struct Shares: Sendable, Hashable, Codable {
    public struct Draw: Sendable, Hashable, Codable {
        public var stable: Int
        public var canary: Int

        public init(stable: Int, canary: Int) {
            self.stable = stable
            self.canary = canary
        }
    }

    public struct Member: Sendable, Hashable, Codable {
        public enum State: String, Sendable, Hashable, Codable {
            case `in`, draining, out
        }

        public var name: String
        /// `HOST:PORT`, as the instance registered it.
        public var address: String
        public var track: Track
        public var state: State
        public var drainingSince: Instant?

        public init(
            name: String, address: String, track: Track, state: State = .in, drainingSince: Instant? = nil
        ) {
            self.name = name
            self.address = address
            self.track = track
            self.state = state
            self.drainingSince = drainingSince
        }
    }

    public var revision: Int
    public var draw: Draw
    /// In the order of their numbers.
    public var instances: [Member]
    /// Called numbers that never meet a canary while anything stable answers.
    public var emergencyNumbers: [String]
    /// Calls that are not drawn.
    public var match: [MatchRule]
    /// When this revision was written: since then it is to be acknowledged.
    public var writtenAt: Instant?

    public init(
        revision: Int, draw: Draw, instances: [Member], emergencyNumbers: [String] = [], match: [MatchRule] = [],
        writtenAt: Instant? = nil
    ) {
        self.revision = revision
        self.draw = draw
        self.instances = instances
        self.emergencyNumbers = emergencyNumbers
        self.match = match
        self.writtenAt = writtenAt
    }

    /// Whether both deal the same, whatever revision they are.
    public func means(_ other: Shares) -> Bool {
        draw == other.draw && instances == other.instances && emergencyNumbers == other.emergencyNumbers
            && match == other.match
    }

    public subscript(name: String) -> Member? { instances.first { $0.name == name } }
}
