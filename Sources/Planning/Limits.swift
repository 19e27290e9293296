/// How long the systems may take for what they do by themselves, in seconds.
public struct Limits: Sendable, Hashable, Codable {
    public var join: Int
    public var registration: Int
    public var departure: Int
    /// Of a revision of the shares, by every dispatcher.
    public var acknowledgement: Int

    public init(join: Int = 300, registration: Int = 120, departure: Int = 60, acknowledgement: Int = 60) {
        self.join = join
        self.registration = registration
        self.departure = departure
        self.acknowledgement = acknowledgement
    }
}
