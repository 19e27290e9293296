/// `spec.kamailio`: what deals the calls.
public struct KamailioSpec: Sendable, Hashable, Codable {
    /// Names of the dispatchers beside Kamailios that others run; their keys under `dispatchers/`.
    public var external: [String]

    public init(external: [String] = []) {
        self.external = external
    }
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
