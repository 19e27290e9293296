/// How a lab's fleet is: as quick as tests like it, or as slow as a real one.
public struct LabFleet: Sendable, Hashable, Codable {
    public enum Times: String, Sendable, Hashable, Codable, CaseIterable {
        /// Fractions of a second, and no time without states.
        case quick
        /// What was measured on a real fleet 1.0: 2 s from a placement to a running unit, 5 s to a stopped one, 22 s from a machine's death until it
        /// is listed no more and its states for 20 s beyond, and 12 s without the states of a unit that was moved.
        case measured
    }

    public var times: Times
    /// Whether units that are tied to no machine are placed on another one when theirs is gone, as a real fleet does. Without it they wait for it.
    public var movesUnits: Bool
    /// Seconds from a machine's death until it is listed no more; `nil`: as `times` says.
    public var machineLag: Double?

    public init(times: Times = .quick, movesUnits: Bool = false, machineLag: Double? = nil) {
        self.times = times
        self.movesUnits = movesUnits
        self.machineLag = machineLag
    }

    var timing: FleetTiming {
        var timing = times == .quick ? FleetTiming() : .measured
        if let machineLag { timing.machineLag = machineLag }
        return timing
    }
}
