/// What a lab is asked to be. `nil`: nobody asked; one that begins takes what is usual, one that runs is taken as it is.
public struct LabWishes: Sendable, Hashable {
    /// What carries its nodes; `qemu` needs root and the node image. Usually `test`.
    public var hypervisor: LabHypervisor?
    /// What its Asterisk units are. Usually `auto`.
    public var asterisk: LabAsterisk?
    /// How quick its fleet is. Usually `quick`.
    public var fleet: LabFleet.Times?
    /// Whether its fleet places units anew by itself. Usually it does not.
    public var fleetMovesUnits: Bool?
    /// How many Kamailios deal the calls; with none there is no dispatcher. Usually one.
    public var kamailios: Int?

    public init(
        hypervisor: LabHypervisor? = nil, asterisk: LabAsterisk? = nil, fleet: LabFleet.Times? = nil,
        fleetMovesUnits: Bool? = nil, kamailios: Int? = nil
    ) {
        self.hypervisor = hypervisor
        self.asterisk = asterisk
        self.fleet = fleet
        self.fleetMovesUnits = fleetMovesUnits
        self.kamailios = kamailios
    }

    /// How a lab that runs differs from what is asked for, in the words of the command line.
    func differences(from record: LabRecord) -> [String] {
        var found: [String] = []
        func compare<Value: Equatable>(_ option: String, _ wish: Value?, _ standing: Value) {
            if let wish, wish != standing { found.append("\(option) \(wish), and it has \(standing)") }
        }
        compare("--hypervisor", hypervisor, record.hypervisor)
        compare("--asterisk", asterisk, record.asterisk)
        compare("--fleet", fleet, record.fleet.times)
        if let fleetMovesUnits, fleetMovesUnits != record.fleet.movesUnits {
            found.append(
                fleetMovesUnits ? "--fleet-moves-units, and it has none" : "no --fleet-moves-units, and it has it")
        }
        compare("--kamailio", kamailios, record.kamailios)
        return found
    }
}
