import ClusterModel
import Reconciler

/// What systems said before, as a cache or a slow answer might still show it.
struct Past {
    private var units: [UnitsState] = []
    private var hypervisors: [String: [HypervisorState]] = [:]

    /// The answer to a reading of fleet: three requests, each of which may be answered with what was true at another moment.
    mutating func read(_ current: UnitsState, _ chance: inout Chance, _ rate: Int) -> UnitsState {
        let stale = chance.happens(rate) ? chance.pick(units) : nil
        units = units.suffix(2) + [current]
        guard let stale else { return current }
        switch chance.pick(0...2) {
        case 0: return stale
        case 1: return current.reporting(stale)
        default: return stale.reporting(current)
        }
    }

    /// The answer to a reading of libvirt: domains, volumes and reservations are asked for one after the other.
    mutating func read(
        _ current: HypervisorState, of name: String, _ chance: inout Chance, _ rate: Int
    ) -> HypervisorState {
        let before = chance.happens(rate) ? chance.pick(hypervisors[name] ?? []) : nil
        hypervisors[name] = (hypervisors[name] ?? []).suffix(1) + [current]
        guard let before else { return current }
        var torn = current
        if chance.happens(500) { torn.domains = before.domains }
        if chance.happens(500) { torn.pool = before.pool }
        if chance.happens(500) { torn.network = before.network }
        return torn
    }
}

extension UnitsState {
    /// These units, with the machines and the states that fleet reported at another moment.
    fileprivate func reporting(_ other: UnitsState) -> UnitsState {
        var torn = other
        torn.units = units
        for name in units.keys { torn.units[name]?.run = other.units[name]?.run ?? .unreported }
        torn.lingering.subtract(units.keys)
        torn.lingering.formUnion(other.units.filter { units[$0.key] == nil && $0.value.run != .unreported }.keys)
        return torn
    }
}

extension Simulation {
    mutating func read(_ source: Task.Source, for id: Int) {
        guard var reading = controllers[id].reading else { return }
        let isDown = faults.down.contains(source) || chance.happens(faults.unreadable)
        switch source {
        case .hypervisor(let name):
            let current = world.hypervisors[name]?.state ?? SimulatedHypervisor().state
            reading.parts.hypervisors[name] = answer(
                isDown ? nil : past.read(current, of: name, &chance, faults.stale))
        case .registry: reading.parts.registry = answer(isDown ? nil : world.etcd.state)
        case .units: reading.parts.units = answer(isDown ? nil : past.read(world.units.state, &chance, faults.stale))
        }
        reading.left -= 1
        guard reading.left == 0 else {
            controllers[id].reading = reading
            return
        }
        controllers[id].reading = nil
        let before = controllers[id].seen
        var observed = reading.parts
        observed.registry = observed.registry.remembering(before?.registry)
        observed.units = observed.units.remembering(before?.units)
        for name in observed.hypervisors.keys {
            observed.hypervisors[name] = observed.hypervisors[name]?.remembering(before?.hypervisors[name])
        }
        controllers[id].seen = observed
        schedule(.deliver(.observed(tampering.observed(observed))), of: id, after: delay(300))
    }

    private func answer<State>(_ state: State?) -> Reading<State> {
        state.map { .known($0, at: now) } ?? .unknown(reason: "cannot be reached", last: nil)
    }
}
