/// `dispatchers/<name>`: which revision of the shares a Kamailio has in force, as the agent beside it wrote it.
public struct DispatcherRecord: Sendable, Hashable {
    public var revision: Int
    /// Kamailio's version.
    public var kamailio: String
    /// The version of Dialtone's routes in its script; `nil`: there are none, and no canary is drawn.
    public var route: Int?
    /// Seconds after which an instance that hangs gets no new calls, as its script has the timers; `nil`: not told.
    public var bound: Int?
    /// The sets by which it deals; `nil`: not told, by an agent of an earlier version.
    public var sets: DispatcherSets?

    public init(
        revision: Int, kamailio: String, route: Int? = nil, bound: Int? = nil, sets: DispatcherSets? = nil
    ) {
        self.revision = revision
        self.kamailio = kamailio
        self.route = route
        self.bound = bound
        self.sets = sets
    }
}
