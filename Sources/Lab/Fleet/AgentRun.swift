import FoundationEssentials

/// A unit on a machine, as that machine's agent has it.
struct AgentRun: Hashable, Sendable {
    /// Counts starts, so that what is said of an earlier one is not taken for this one.
    let start: Int
    let hash: String
    let options: [FleetOption]
    /// From then on it runs.
    var runsAt: Date
    /// From then on it is stopped, but loaded.
    var stopsAt: Date?
    /// From then on it is gone.
    var leavesAt: Date?
    /// Whether its process ended by itself.
    var isFailed = false
}

/// An entry of `/state`.
struct FleetUnitState: Codable, Hashable, Sendable {
    var hash: String
    var machineID: String
    var name: String
    var systemdActiveState: String
    var systemdLoadState = "loaded"
    var systemdSubState: String
}

extension FleetState {
    /// What `/state` shows: by unit, then machine. Machines that died keep their last states for a while: ghosts.
    func states(now: Date) -> [FleetUnitState] {
        runs.keys.sorted { ($0.unit, $0.machine) < ($1.unit, $1.machine) }.compactMap { state($0, now) }
    }

    private func state(_ key: RunKey, _ now: Date) -> FleetUnitState? {
        guard let run = runs[key] else { return nil }
        // A dead machine says nothing new: its last words stand.
        let died = machines[key.machine]?.diedAt
        let moment = died.map { min($0, now) } ?? now
        if let died, now >= died + timing.machineLag + ghosts { return nil }
        if faults.silentUnits.contains(key.unit) { return nil }
        if let stops = run.stopsAt, moment >= stops { return entry(key, run, "inactive", "dead") }
        guard moment >= run.runsAt, !isInGap(key, now) else { return nil }
        return run.isFailed || faults.failingUnits.contains(key.unit)
            ? entry(key, run, "failed", "failed") : entry(key, run, "active", "running")
    }

    private func isInGap(_ key: RunKey, _ now: Date) -> Bool {
        guard let gap = timing.gapAfterMove else { return false }
        let names = [key.unit] + (units[key.unit]?.peers ?? [])
        return names.contains { name in
            units[name]?.movedAt.map { gap.contains(now.timeIntervalSince($0)) } ?? false
        }
    }

    private func entry(_ key: RunKey, _ run: AgentRun, _ active: String, _ sub: String) -> FleetUnitState {
        FleetUnitState(
            hash: run.hash, machineID: key.machine, name: key.unit, systemdActiveState: active, systemdSubState: sub)
    }

    /// What `/units` shows as `currentState`; `nil` for a global unit.
    func currentState(_ unit: FleetUnit, now: Date) -> FleetTarget? {
        guard !unit.isGlobal else { return nil }
        guard let machine = unit.machine, let state = state(RunKey(unit: unit.name, machine: machine), now) else {
            return .inactive
        }
        return state.systemdSubState == "dead" ? .loaded : .launched
    }

    /// A unit's process that should be there now.
    struct Process: Hashable, Sendable {
        var key: RunKey
        /// Another number: another start of the same unit.
        var start: Int
        var options: [FleetOption]
    }

    /// What really runs: on living machines alone, whatever `/state` says.
    func processes(now: Date) -> [Process] {
        runs.filter { key, run in
            machines[key.machine].map { $0.diedAt == nil } ?? false && run.runsAt <= now && run.leavesAt == nil
                && run.stopsAt == nil && !faults.failingUnits.contains(key.unit)
        }
        .map { Process(key: $0.key, start: $0.value.start, options: $0.value.options) }
        .sorted { $0.start < $1.start }
    }

    /// When something will happen by itself next; `nil`: nothing will.
    func nextChange(after now: Date) -> Date? {
        var times = runs.values.flatMap { [$0.runsAt] + [$0.stopsAt, $0.leavesAt].compactMap { $0 } }
        if let look = nextLook { times.append(look) }
        for member in machines.values {
            guard let died = member.diedAt else { continue }
            times += [died + timing.machineLag, died + timing.machineLag + timing.reschedule]
            times.append(died + timing.machineLag + ghosts)
        }
        return times.filter { $0 > now }.min()
    }
}
