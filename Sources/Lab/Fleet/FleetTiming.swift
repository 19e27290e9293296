import FoundationEssentials

/// How long things take, in seconds. A real fleet's times were measured; the lab's are short.
struct FleetTiming: Hashable, Sendable {
    /// From a unit's placement to its running.
    var start: TimeInterval = 0.3
    /// From the order to stop, or the loss of its place, until a unit has stopped and its state says so.
    var stop: TimeInterval = 0.1
    /// From a change until the engine places units anew.
    var reschedule: TimeInterval = 0
    /// From a machine's death until it leaves `/machines` (agent TTL).
    var machineLag: TimeInterval = 0
    /// How long the states of a machine that left stay in `/state`.
    var ghosts: TimeInterval = 1
    /// After a replacement that moved a unit, `/state` is empty for it from the first to the second of these times although it runs (measured: about 20 s to 32 s). `nil`: no such gap.
    var gapAfterMove: Range<TimeInterval>?

    /// What was measured on a real fleet 1.0 with an agent TTL of 30 s.
    static let measured = FleetTiming(
        start: 1.9, stop: 5, reschedule: 1, machineLag: 21.6, ghosts: 20, gapAfterMove: 20..<32)
}
