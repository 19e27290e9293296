/// What runs where: machines that take units, and the units. Nothing of one scheduler's shape is in it.
public struct UnitsState: Sendable, Hashable {
    /// By machine id.
    public var machines: [String: MachineState]
    /// By unit name, without `.service`.
    public var units: [String: UnitState]
    /// Names that no unit has, of which a state is still reported on a machine that is there.
    public var lingering: Set<String>
    /// States that were reported for machines that are not there, as `UNIT on MACHINE`: said, never acted on.
    public var ghosts: [String]

    public init(
        machines: [String: MachineState] = [:], units: [String: UnitState] = [:],
        lingering: Set<String> = [], ghosts: [String] = []
    ) {
        self.machines = machines
        self.units = units
        self.lingering = lingering
        self.ghosts = ghosts
    }
}

public struct MachineState: Sendable, Hashable {
    /// The node that it says it is.
    public var node: String?

    public init(node: String?) {
        self.node = node
    }
}

public struct UnitState: Sendable, Hashable {
    public enum Run: Sendable, Hashable {
        /// Up on a machine that is there.
        case running(machine: String)
        case failed(machine: String)
        /// Said to be stopped on a machine that is there.
        case stopped(machine: String)
        /// Nothing was said of it: that is not stopped.
        case unreported
    }

    /// `nil`: not marked as an instance's or its announcer's, so none of ours.
    public var mark: UnitMark? {
        get { if case .instance(let mark) = marking { mark } else { nil } }
        set { marking = newValue.map { .instance($0) } ?? .none }
    }
    /// The mark of a Kamailio, or of the agent beside one.
    public var kamailio: KamailioMark? {
        get { if case .kamailio(let mark) = marking { mark } else { nil } }
        set { marking = newValue.map { .kamailio($0) } ?? .none }
    }
    private var marking: Marking
    /// Whether its options are those that were put: a change by others shows here.
    public var intact: Bool
    /// Whether it is asked to run.
    public var launched: Bool
    public var run: Run

    /// - Parameter kamailio: where it has no mark of an instance's.
    public init(mark: UnitMark?, kamailio: KamailioMark? = nil, intact: Bool, launched: Bool, run: Run) {
        marking = mark.map { .instance($0) } ?? kamailio.map { .kamailio($0) } ?? .none
        self.intact = intact
        self.launched = launched
        self.run = run
    }

    /// A mark has many parts: a unit is copied with one reference to it.
    private enum Marking: Sendable, Hashable {
        case none
        indirect case instance(UnitMark)
        indirect case kamailio(KamailioMark)
    }
}
