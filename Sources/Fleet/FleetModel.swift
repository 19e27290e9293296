/// A machine of the cluster. One that has died stays listed for 20 to 30 s.
public struct FleetMachine: Sendable, Equatable, Encodable {
    /// The machine's id as systemd has it, without dashes.
    public var id: String
    public var primaryIP: String
    public var metadata: [String: String]

    public init(id: String, primaryIP: String, metadata: [String: String] = [:]) {
        self.id = id
        self.primaryIP = primaryIP
        self.metadata = metadata
    }
}

/// A line of a unit file.
public struct UnitOption: Sendable, Hashable, Codable {
    public var section: String
    public var name: String
    public var value: String

    public init(section: String, name: String, value: String) {
        self.section = section
        self.name = name
        self.value = value
    }
}

/// A unit as fleet stores it. Whether its service runs is not said here but in `UnitState`: a failed service still reads `launched`.
public struct FleetUnit: Sendable, Equatable, Encodable {
    /// fleet's job states.
    public enum State: String, Sendable, Codable {
        /// Known to fleet, on no machine.
        case inactive
        /// On a machine, not started.
        case loaded
        /// On a machine and started.
        case launched
    }

    public var name: String
    /// In the order of the unit file. Any change of them replaces the running service.
    public var options: [UnitOption]
    public var desiredState: State
    /// Lags behind systemd by some seconds; nil for a global unit.
    public var currentState: State?
    /// Where it was placed; nil while it fits no machine, and for a global unit.
    public var machineID: String?

    public init(
        name: String, options: [UnitOption], desiredState: State, currentState: State? = nil, machineID: String? = nil
    ) {
        self.name = name
        self.options = options
        self.desiredState = desiredState
        self.currentState = currentState
        self.machineID = machineID
    }
}

/// What systemd said of a unit on one machine. A state whose machine is not listed is a ghost, and a running unit can have no state for a while.
public struct UnitState: Sendable, Equatable, Encodable {
    public var name: String
    /// SHA-1 of the unit file that this is the state of.
    public var hash: String
    public var machineID: String
    public var systemdLoadState: String
    public var systemdActiveState: String
    public var systemdSubState: String

    public init(
        name: String, hash: String, machineID: String, systemdLoadState: String, systemdActiveState: String,
        systemdSubState: String
    ) {
        self.name = name
        self.hash = hash
        self.machineID = machineID
        self.systemdLoadState = systemdLoadState
        self.systemdActiveState = systemdActiveState
        self.systemdSubState = systemdSubState
    }
}

/// What a PUT did.
public enum FleetPutResult: Sendable, Equatable {
    /// The unit is new, or its options have changed: then the running service is replaced.
    case written
    /// It was there with the same options; at most its desired state has changed.
    case unchanged
}
