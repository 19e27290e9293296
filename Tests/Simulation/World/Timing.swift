/// How long the systems take for what they do by themselves, in milliseconds.
public struct Timing: Sendable {
    /// From a domain's start until its machine takes units.
    public var boot: Int
    /// From a domain's stop until its machine is no longer listed.
    public var leave: Int
    /// From a unit's place being there until it runs.
    public var unitStart: Int
    /// How long the state of a unit that runs is not reported.
    public var blank: Int
    /// From an instance's and its announcer's start until it is registered.
    public var registration: Int
    /// From an agent's end until its keys lapse.
    public var lapse: Int
    /// How long the state of a removed unit, or of a unit of a machine that left, is still reported.
    public var linger: Int
    /// From writing shares until a dispatcher has them in force.
    public var acknowledgement: Int
    /// From a change of an instance's calls until its announcer says so; at most a second while it is held off from new ones.
    public var count: Int

    public init(
        boot: Int, leave: Int, unitStart: Int, blank: Int, registration: Int, lapse: Int, linger: Int,
        acknowledgement: Int, count: Int = 0
    ) {
        self.boot = boot
        self.leave = leave
        self.unitStart = unitStart
        self.blank = blank
        self.registration = registration
        self.lapse = lapse
        self.linger = linger
        self.acknowledgement = acknowledgement
        self.count = count
    }

    /// What goes away goes at once, and what comes takes a second: for comparing with `predict`.
    public static let prompt = Timing(
        boot: 1000, leave: 0, unitStart: 1000, blank: 0, registration: 1000, lapse: 0, linger: 0,
        acknowledgement: 1000)

    /// What goes away takes a second too.
    public static let departing = Timing(
        boot: 1000, leave: 1000, unitStart: 1000, blank: 0, registration: 1000, lapse: 1000, linger: 1000,
        acknowledgement: 1000)

    public static func drawn(_ chance: inout Chance) -> Timing {
        Timing(
            boot: chance.pick(3000...40_000), leave: chance.pick(0...35_000), unitStart: chance.pick(100...5000),
            blank: chance.pick(0...12_000), registration: chance.pick(100...8000), lapse: chance.pick(500...10_000),
            linger: chance.pick(0...15_000), acknowledgement: chance.pick(100...8000),
            count: chance.pick(0...5000))
    }
}
