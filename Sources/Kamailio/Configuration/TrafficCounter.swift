/// What the routing script counts for each instance, in the table `dialtone_traffic` under `NAME::COUNTER`, since Kamailio's start.
public enum TrafficCounter: String, Sendable, Hashable, CaseIterable {
    /// Call-IDs whose first INVITE was dealt here.
    case calls
    /// Of those, by the draw.
    case drawn
    /// Of those, because no instance of the track that they were for could take them.
    case spilled
    /// Of those, by an emergency number or a rule of `canary.match`.
    case pinned
    /// INVITEs sent here: first ones, those sent again with credentials, and those that failed elsewhere.
    case attempts
    /// INVITEs that got 2xx.
    case answered
    /// 401 and 407: the caller sends the call again.
    case challenged
    /// No answer at all.
    case silent
    /// It rang, or was tried, and nobody answered in time.
    case unanswered
    /// 503.
    case unavailable
    /// Other 5xx.
    case error
    /// 6xx other than 600.
    case declined
    /// 486 and 600.
    case busy
    /// 404.
    case unknown
    /// 487, and calls that the caller gave up.
    case cancelled
    /// Other 3xx and 4xx.
    case refused
    /// Answered calls that the caller ended.
    case hangup
    /// Answered calls that the instance ended.
    case ended
    /// Answered calls whose BYE the instance did not know or answer.
    case lost

    /// The table's name.
    public static let table = "dialtone_traffic"
    /// The dialog profile of calls by instance.
    public static let profile = "dialtone"

    /// Upper ends of the post-dial delay's classes, in milliseconds; slower ones are in `delayBeyond`. The delay is the time from an INVITE to its first
    /// 18x or 2xx.
    public static let delays = [50, 100, 200, 500, 1000, 2000, 4000, 8000]

    /// The counter's name of a class of delays.
    public static func delay(_ milliseconds: Int) -> String { "pdd\(milliseconds)" }
    public static let delayBeyond = "pddmore"
}
