/// fleet's engine: which unit goes to which machine (`engine/reconciler.go`, `agent/state.go`: AbleToRun; the least loaded machine, the lower id of equals).
struct FleetPlacement {
    let units: [String: FleetUnit]
    /// Those that are listed, in the order of their ids.
    let listed: [FleetMachine]
    /// Whether one that is tied to no machine may go to another than its last.
    let movesUnits: Bool
    /// The outcome: for each unit that is not global its machine, or none.
    private(set) var machines: [String: String?] = [:]

    init(units: [String: FleetUnit], machines: [FleetMachine], movesUnits: Bool = true) {
        self.units = units
        self.movesUnits = movesUnits
        self.listed = machines
        for (name, unit) in units where !unit.isGlobal { self.machines[name] = .some(unit.machine) }
    }

    mutating func run() {
        let names = machines.keys.sorted()
        // A unit that loses its place can take a peer's with it, and one that gets a place can give one to a peer.
        while names.contains(where: { unplace($0) }) {}
        while names.contains(where: { place($0) }) {}
    }

    /// Takes a unit off a machine on which it may not be; whether something changed.
    private mutating func unplace(_ name: String) -> Bool {
        guard let unit = units[name], let current = machines[name] ?? nil else { return false }
        if unit.target != .inactive, let machine = listed.first(where: { $0.id == current }), isAble(unit, machine) {
            return false
        }
        machines[name] = .some(nil)
        return true
    }

    private mutating func place(_ name: String) -> Bool {
        guard let unit = units[name], unit.target != .inactive, !unit.isTemplate, (machines[name] ?? nil) == nil else {
            return false
        }
        let home = movesUnits || unit.isTied ? nil : unit.home
        let able = listed.filter { (home == nil || home == $0.id) && isAble(unit, $0) }
        guard let chosen = able.min(by: { (load($0), $0.id) < (load($1), $1.id) }) else { return false }
        machines[name] = .some(chosen.id)
        return true
    }

    private func load(_ machine: FleetMachine) -> Int {
        machines.values.count { $0 == machine.id }
    }

    private func isAble(_ unit: FleetUnit, _ machine: FleetMachine) -> Bool {
        if let id = unit.machineID, id != machine.id, id != machine.id.prefix(8) { return false }
        guard unit.metadataAllows(machine) else { return false }
        let others = machines.filter { $0.value == machine.id && $0.key != unit.name }.map(\.key)
        guard unit.peers.allSatisfy({ others.contains($0) }) else { return false }
        return !others.contains { other in
            unit.conflicts.contains { FleetGlob.matches($0, other) }
                || units[other]?.conflicts.contains { FleetGlob.matches($0, unit.name) } ?? false
        }
    }
}
