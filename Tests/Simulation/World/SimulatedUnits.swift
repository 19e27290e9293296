import ClusterModel
import Provisioning
import Reconciler

/// What runs units, as fleet does it: machines, units with their options, and states that come late and stay late.
public struct SimulatedUnits: Sendable {
    public struct Unit: Sendable, Hashable {
        public var options: [UnitFile.Option]
        public var launched: Bool
        /// Parsed once.
        public var mark: UnitMark?
        public var kamailio: KamailioMark?
        /// The options' own hash, whatever the mark says.
        public var hash: String

        init(_ options: [UnitFile.Option], launched: Bool = true) {
            self.options = options
            self.launched = launched
            let marks = UnitMarks(options: options)
            mark = marks.instance
            kamailio = marks.kamailio
            hash = UnitFile.hash(options)
        }
    }

    /// A running service.
    public struct Process: Sendable, Hashable {
        public var machine: String
        public var generation: Int
    }

    public struct State: Sendable, Hashable {
        public var machine: String
        public var hasFailed = false
    }

    /// The node that each machine says it is.
    public var machines: [String: String] = [:]
    public var units: [String: Unit] = [:]
    public var processes: [String: Process] = [:]
    /// As `/state` shows them.
    public var states: [String: State] = [:]

    public var state: UnitsState {
        var found = UnitsState(machines: machines.mapValues { MachineState(node: $0) })
        for (name, unit) in units {
            var run = ClusterModel.UnitState.Run.unreported
            if let state = states[name], machines[state.machine] != nil {
                run = state.hasFailed ? .failed(machine: state.machine) : .running(machine: state.machine)
            }
            found.units[name] = ClusterModel.UnitState(
                mark: unit.mark, kamailio: unit.kamailio,
                intact: (unit.mark?.hash ?? unit.kamailio?.hash).map { $0 == unit.hash } ?? true,
                launched: unit.launched, run: run)
        }
        for (name, state) in states.sorted(by: { $0.key < $1.key }) {
            if machines[state.machine] == nil {
                found.ghosts.append("\(name) on \(state.machine)")
            } else if units[name] == nil {
                found.lingering.insert(name)
            }
        }
        return found
    }

    /// The machine that a unit is bound to: of those that are there, one that lives.
    func machine(for unit: Unit, lives: (String) -> Bool) -> String? {
        for option in unit.options where option.section == "X-Fleet" {
            switch option.name {
            case "MachineMetadata":
                let node = option.value.dropFirst("dialtone-node=".count)
                return machines.filter { $0.value == node }.keys.sorted().first(where: lives)
            case "MachineOf":
                return processes[String(option.value.dropLast(".service".count))].map(\.machine).flatMap {
                    lives($0) ? $0 : nil
                }
            default: continue
            }
        }
        return nil
    }
}
