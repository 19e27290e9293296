import ClusterModel
import Provisioning

/// What people and chance do behind Dialtone's back.
extension SimulatedWorld {
    public mutating func destroyDomain(_ name: String, on hypervisor: String) {
        guard var system = hypervisors[hypervisor] else { return }
        let changes = system.stop(name)
        hypervisors[hypervisor] = system
        if system.domains[name] == nil { cleanUp(name, on: hypervisor) }
        follow(changes, on: hypervisor)
    }

    /// What an undefined node owned is nobody's any more: whoever lets it go that far cleans up.
    private mutating func cleanUp(_ node: String, on hypervisor: String) {
        guard var system = hypervisors[hypervisor] else { return }
        for (name, volume) in system.volumes where volume.generation > 0 && name.hasPrefix("\(node)") {
            if name == "\(node).qcow2" || name.hasPrefix("\(node)-drive-") { system.volumes[name] = nil }
        }
        let bases = Set(system.volumes.values.compactMap(\.backing))
        let owned = Set(system.domains.values.compactMap { $0.mark?.owns.image })
        for (name, volume) in system.volumes
        where volume.generation > 0 && name.hasPrefix("dialtone-") && !bases.contains(name) && !owned.contains(name) {
            system.volumes[name] = nil
        }
        system.reservations.removeAll { $0.name == node && $0.mac != "52:54:00:00:00:01" }
        hypervisors[hypervisor] = system
    }

    public mutating func startDomain(_ name: String, on hypervisor: String) {
        guard var system = hypervisors[hypervisor], let domain = system.domains[name], !domain.isRunning,
            let owns = domain.mark?.owns, system.volumes[owns.overlay] != nil, system.volumes[owns.drive] != nil
        else { return }
        let changes = system.begin(name)
        hypervisors[hypervisor] = system
        follow(changes, on: hypervisor)
    }

    /// libvirt ends in the middle of a start: the guest never comes up by itself.
    public mutating func cutStart(_ name: String, on hypervisor: String) {
        guard let domain = hypervisors[hypervisor]?.domains[name], !domain.isRunning, domain.mark != nil else { return }
        hypervisors[hypervisor]?.domains[name]?.isRunning = true
        hypervisors[hypervisor]?.domains[name]?.isStartCut = true
        hypervisors[hypervisor]?.domains[name]?.boot += 1
        hypervisors[hypervisor]?.domains[name]?.running = domain.hardware
    }

    public mutating func undefineDomain(_ name: String, on hypervisor: String) {
        guard let domain = hypervisors[hypervisor]?.domains[name] else { return }
        if domain.isRunning {
            hypervisors[hypervisor]?.domains[name]?.persistent = false
        } else {
            hypervisors[hypervisor]?.domains[name] = nil
            cleanUp(name, on: hypervisor)
        }
    }

    /// A crash of an instance; systemd starts it again.
    public mutating func crash(_ unit: String) {
        guard let process = units.processes[unit] else { return }
        kill(unit)
        units.states[unit] = SimulatedUnits.State(machine: process.machine, hasFailed: true)
        scheduleUnits()
    }

    public mutating func stopUnit(_ name: String) {
        guard units.units[name] != nil else { return }
        kill(name)
        units.units[name]?.launched = false
        units.states[name] = nil
    }

    /// Puts a changed option in, as `fleetctl` would: the service starts anew.
    public mutating func changeUnit(_ name: String) {
        guard let unit = units.units[name] else { return }
        kill(name)
        units.units[name] = SimulatedUnits.Unit(unit.options + [.init("Service", "Nice", "5")])
        scheduleUnits()
    }

    public mutating func deleteKey(_ key: String) {
        etcd.delete(key)
        restore(key)
    }

    public mutating func spoilKey(_ key: String) {
        etcd.put(key, .rubbish)
        restore(key)
        if key.hasPrefix(names.instancesPrefix), etcd.values[key] == .rubbish { schedule(.withers(key), after: 20_000) }
    }

    /// An announcer or a dispatcher that lives puts its keys back before long.
    private mutating func restore(_ key: String) {
        if key.hasPrefix(names.dispatchersPrefix) { tellKamailios() }
        for prefix in [names.instancesPrefix, names.callsPrefix] where key.hasPrefix(prefix) {
            scheduleRegistration(of: String(key.dropFirst(prefix.count)))
        }
    }

    public mutating func order(_ order: CanaryOrder) {
        etcd.put(names.key(order), .order(order, PersonalOrder(by: "somebody", note: "", at: now)))
    }
}
