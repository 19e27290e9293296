/// `calls/<name>`: the calls that an instance carries, as its Asterisk told its announcer.
public struct CallsRecord: Sendable, Hashable, Codable {
    /// What was in force when the count began. A count from before says nothing of the calls that were dealt until then.
    public struct Moment: Sendable, Hashable, Codable {
        /// The revision of the shares.
        public var shares: Int
        /// The revisions that dispatchers had acknowledged, by their names.
        public var dispatchers: [String: Int]

        public init(shares: Int, dispatchers: [String: Int] = [:]) {
            self.shares = shares
            self.dispatchers = dispatchers
        }
    }

    /// Which interface of Asterisk counted.
    public enum Source: String, Sendable, Hashable, Codable {
        case ari, ami
    }

    /// More than one Asterisk ever carries: a count beyond it is none.
    public static let most = 1_000_000

    public var calls: Int
    public var oldest: Instant?
    public var source: Source?
    /// Of an instance that is held off from new calls; `nil`: not told.
    public var countedAfter: Moment?
    /// Call-IDs of an instance that is held off from new calls; not all, where there are many.
    public var callIDs: Set<String>

    public init(
        calls: Int, oldest: Instant?, source: Source? = nil, countedAfter: Moment? = nil, callIDs: Set<String> = []
    ) {
        self.calls = calls
        self.oldest = oldest
        self.source = source
        self.countedAfter = countedAfter
        self.callIDs = callIDs
    }
}

/// The calls of one instance that a Kamailio's dialog module knows of.
public struct DialogsRecord: Sendable, Hashable {
    public struct Dialog: Sendable, Hashable {
        public var callID: String
        /// By the clock of Kamailio's host.
        public var since: Instant?
        /// It is old enough for Asterisk to have been asked since it began.
        public var isSettled: Bool

        public init(callID: String, since: Instant?, isSettled: Bool) {
            self.callID = callID
            self.since = since
            self.isSettled = isSettled
        }
    }

    public var count: Int
    /// The youngest first; not all, where there are many.
    public var dialogs: [Dialog]

    public init(count: Int, dialogs: [Dialog]) {
        self.count = count
        self.dialogs = dialogs
    }
}
