extension DispatcherLine {
    /// Where pseudo-destinations point to; nothing is ever sent there (discard, RFC 863).
    public static let nowhere = "127.0.0.1:9"

    /// The first line of the rules' set, which is always there: Kamailio calls a set without any an error.
    public static func noRule(set: Int) throws(DispatcherLineError) -> DispatcherLine {
        // Algorithm 8 gives the highest priority first.
        try DispatcherLine(
            set: set, address: nowhere, flags: .unprobed, priority: 1000, attributes: [try Attribute("rule", "none")])
    }
}

extension DispatcherList {
    /// A list that deals nothing: Kamailio does not start without one.
    public static func dealingNothing(_ sets: KamailioSettings.Sets) throws(DispatcherLineError) -> DispatcherList {
        DispatcherList([try .noRule(set: sets.rules)])
    }
}
