import ClusterModel
import Fleet
import Provisioning

/// The port to fleet.
public struct FleetUnits: UnitsPort {
    let client: FleetClient

    public init(_ client: FleetClient) {
        self.client = client
    }

    public func observe() async throws(PortError) -> UnitsState {
        do {
            async let machines = client.machines()
            async let units = client.units()
            async let states = client.states()
            return UnitsState(machines: try await machines, units: try await units, states: try await states)
        } catch {
            throw PortError(fleet: error)
        }
    }

    public func perform(_ operation: UnitOperation) async throws(PortError) {
        do {
            switch operation {
            case .put(let file, let cluster):
                let standing = try await verify(file.name, cluster)
                if let standing, standing.desiredState == .launched, Self.means(standing, file) { return }
                try await client.put(
                    "\(file.name).service",
                    options: file.options.map { Fleet.UnitOption(section: $0.section, name: $0.name, value: $0.value) },
                    desiredState: .launched)
            case .remove(let name, let cluster):
                if try await verify(name, cluster) != nil { try await remove(name) }
            }
        } catch {
            throw PortError(fleet: error)
        }
    }

    /// Gone meanwhile is done.
    private func remove(_ name: String) async throws {
        do {
            try await client.delete("\(name).service")
        } catch let error as FleetError {
            guard case .api(status: 404, message: _, call: _) = error else { throw error }
        }
    }

    /// Reads the unit again.
    /// - Returns: `nil`: it is not there.
    /// - Throws: `PortError.changed` when it is not this cluster's.
    private func verify(_ name: String, _ cluster: String) async throws -> FleetUnit? {
        guard let unit = try await client.unit("\(name).service") else { return nil }
        guard UnitMarks(options: unit.options.map(UnitFile.Option.init)).cluster == cluster else {
            throw PortError(.changed, "unit \(name).service is there and is not this cluster's: it is left alone")
        }
        return unit
    }

    /// Whether a unit need not be written for this one: fleet takes any other option for a change, and starts the service anew. When it was put is
    /// no part of what it means.
    private static func means(_ standing: FleetUnit, _ file: UnitFile) -> Bool {
        func meaning(_ options: [UnitFile.Option]) -> [UnitFile.Option] {
            options.filter { $0.section != UnitFile.markSection || $0.name != "PutAt" }
        }
        return meaning(standing.options.map(UnitFile.Option.init)) == meaning(file.options)
    }
}

extension UnitFile.Option {
    init(_ option: Fleet.UnitOption) {
        self.init(option.section, option.name, option.value)
    }
}

extension UnitsState {
    /// fleet's answers as what runs where. A state of a machine that is not listed is a ghost: it says nothing about now.
    init(machines: [FleetMachine], units: [FleetUnit], states: [Fleet.UnitState]) {
        self.init()
        for machine in machines { self.machines[machine.id] = MachineState(node: machine.metadata["dialtone-node"]) }
        var runs: [String: ClusterModel.UnitState.Run] = [:]
        for state in states {
            let name = Self.bare(state.name)
            guard self.machines[state.machineID] != nil else {
                ghosts.append("\(name) on \(state.machineID)")
                continue
            }
            let run = ClusterModel.UnitState.Run(state)
            runs[name] = runs[name].map { $0.folded(with: run) } ?? run
        }
        for unit in units {
            let name = Self.bare(unit.name)
            let options = unit.options.map(UnitFile.Option.init)
            let marks = UnitMarks(options: options)
            self.units[name] = ClusterModel.UnitState(
                mark: marks.instance, kamailio: marks.kamailio,
                intact: marks.hash.map { $0 == UnitFile.hash(options) } ?? true,
                launched: unit.desiredState == .launched, run: runs[name] ?? .unreported)
        }
        lingering = Set(runs.keys.filter { self.units[$0] == nil })
        ghosts.sort()
    }

    private static func bare(_ name: String) -> String {
        name.hasSuffix(".service") ? String(name.dropLast(".service".count)) : name
    }
}

extension ClusterModel.UnitState.Run {
    /// systemd's words (org.freedesktop.systemd1, `ActiveState`): only what is surely over counts as such. What is being stopped may still run, and a
    /// word that is not known, or none, says nothing.
    init(_ state: Fleet.UnitState) {
        let machine = state.machineID
        switch state.systemdActiveState {
        case "active", "activating", "reloading", "refreshing": self = .running(machine: machine)
        case "failed": self = .failed(machine: machine)
        case "inactive": self = .stopped(machine: machine)
        default: self = .unreported
        }
    }

    /// Of two machines' words for one unit, the one that keeps it alive: what is over on one machine is no proof for the other.
    func folded(with other: Self) -> Self {
        func weight(_ run: Self) -> Int {
            switch run {
            case .running: 3
            case .unreported: 2
            case .failed: 1
            case .stopped: 0
            }
        }
        return weight(other) > weight(self) ? other : self
    }
}

extension PortError {
    init(fleet error: any Error) {
        switch error {
        case let error as PortError: self = error
        case let error as FleetError: self.init(Self.kind(error), "\(error)")
        default: self.init(.outcomeUnknown, "fleet: \(error)")
        }
    }

    private static func kind(_ error: FleetError) -> Kind {
        if case .outcomeUnknown = error { return .outcomeUnknown }
        return error.isOutage ? .unreachable : .refused
    }
}
