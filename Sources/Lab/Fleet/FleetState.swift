import FoundationEssentials

/// A fleet of one engine and an agent on each machine, as a value: what was put, where it was placed, what runs. Time is an argument.
///
/// The contract is what a real fleet 1.0 answered (the recordings beside the tests).
struct FleetState: Sendable {
    var timing: FleetTiming
    private(set) var units: [String: FleetUnit] = [:]
    private(set) var machines: [String: Member] = [:]
    /// What the agents do and report.
    private(set) var runs: [RunKey: AgentRun] = [:]
    /// Whether a unit that is tied to no machine is placed on another when its own is gone.
    let movesUnits: Bool
    var faults = LabFaults()
    /// Since when the engine has something to look at.
    private var changedAt: Date?
    private var starts = 0
    /// Up to when everything due was let pass.
    private var advancedTo = Date.distantPast

    /// A machine and whether it lives.
    struct Member: Sendable {
        var machine: FleetMachine
        /// Since when it lives.
        var since: Date
        /// When it died; it stays listed for a while.
        var diedAt: Date?
        /// Set over the API; wins over the machine's own.
        var patched: [String: String?] = [:]
    }

    struct RunKey: Hashable, Sendable {
        var unit: String
        var machine: String
    }

    init(timing: FleetTiming = FleetTiming(), movesUnits: Bool = false) {
        self.timing = timing
        self.movesUnits = movesUnits
    }

    /// Machines in the order of their ids, the dead ones as long as fleet has not noticed.
    func listedMachines(now: Date) -> [FleetMachine] {
        machines.values.filter { isListed($0, now) }.map { member in
            var machine = member.machine
            for (key, value) in member.patched { machine.metadata[key] = value }
            return machine
        }.sorted { $0.id < $1.id }
    }

    func isListed(_ member: Member, _ now: Date) -> Bool {
        member.diedAt.map { now < $0 + timing.machineLag } ?? true
    }

    /// Tells which machines live now; those that are not named are dead from now on. One that comes back has nothing running.
    mutating func setMachines(_ alive: [FleetMachine], now: Date) {
        advance(to: now)
        let ids = Set(alive.map(\.id))
        for id in machines.keys.sorted() where !ids.contains(id) && machines[id]?.diedAt == nil {
            machines[id]?.diedAt = now
            changedAt = changedAt ?? now
        }
        for machine in alive {
            if let member = machines[machine.id], member.diedAt == nil, member.machine == machine { continue }
            if machines[machine.id]?.diedAt != nil { runs = runs.filter { $0.key.machine != machine.id } }
            let patched = machines[machine.id]?.patched ?? [:]
            let since = machines[machine.id].flatMap { $0.diedAt == nil ? $0.since : nil } ?? now
            machines[machine.id] = Member(machine: machine, since: since, patched: patched)
            changedAt = changedAt ?? now
        }
        advance(to: now)
    }

    /// Stores a unit; options that differ from the stored ones replace it.
    mutating func store(_ name: String, options: [FleetOption], target: FleetTarget, now: Date) {
        var unit = FleetUnit(name: name, options: options, target: target)
        unit.machine = units[name]?.machine
        unit.placedAt = units[name]?.placedAt
        units[name] = unit
        placeAnew(now)
    }

    mutating func setTarget(_ name: String, _ target: FleetTarget, now: Date) {
        units[name]?.target = target
        if target == .inactive { units[name]?.home = nil }
        placeAnew(now)
    }

    mutating func remove(_ name: String, now: Date) {
        units[name] = nil
        placeAnew(now)
    }

    /// A unit that was ordered to run has failed (`isFailed`) or runs after all.
    mutating func report(_ key: RunKey, start: Int, isFailed: Bool) {
        guard runs[key]?.start == start else { return }
        runs[key]?.isFailed = isFailed
    }

    mutating func patch(machine id: String, key: String, value: String?, now: Date) {
        machines[id]?.patched[key] = .some(value)
        placeAnew(now)
    }

    private mutating func placeAnew(_ now: Date) {
        changedAt = changedAt ?? now
        advance(to: now)
    }

    /// Lets pass what is due by `now`.
    mutating func advance(to now: Date) {
        // The engine looks when a machine leaves the list, and after each change.
        var looks = machines.values.compactMap { $0.diedAt.map { $0 + timing.machineLag + timing.reschedule } }
            .filter { $0 > advancedTo && $0 <= now }
        if let changed = changedAt, changed + timing.reschedule <= now {
            looks.append(changed + timing.reschedule)
            changedAt = nil
        }
        for moment in looks.sorted() {
            schedule(at: moment)
            runAgents(moment)
        }
        runAgents(now)
        forget(now)
        advancedTo = max(advancedTo, now)
    }

    /// Seconds for which a dead machine's states outlive its place in the list.
    var ghosts: TimeInterval { faults.ghosts ?? timing.ghosts }

    /// When the engine will look next on account of a change.
    var nextLook: Date? { changedAt.map { $0 + timing.reschedule } }

    /// Drops machines that left and whose ghosts are gone.
    private mutating func forget(_ now: Date) {
        for (id, member) in machines {
            guard let died = member.diedAt, now >= died + timing.machineLag + max(ghosts, timing.reschedule),
                !units.values.contains(where: { $0.machine == id })
            else { continue }
            machines[id] = nil
            runs = runs.filter { $0.key.machine != id }
        }
    }

    private mutating func schedule(at moment: Date) {
        let listed = listedMachines(now: moment)
        var placement = FleetPlacement(units: units, machines: listed, movesUnits: movesUnits)
        placement.run()
        for (name, machine) in placement.machines where units[name]?.machine != machine {
            if let old = units[name]?.machine, machine != nil, listed.contains(where: { $0.id == old }) {
                units[name]?.movedAt = moment
            }
            units[name]?.machine = machine
            units[name]?.placedAt = machine == nil ? nil : moment
            if let machine { units[name]?.home = machine }
        }
    }

    /// Each living machine's agent: starts, stops and replaces what was placed there.
    private mutating func runAgents(_ now: Date) {
        for (id, member) in machines.sorted(by: { $0.key < $1.key }) where member.diedAt == nil {
            let wanted = units.values.filter { unit in
                unit.target != .inactive && !unit.isTemplate
                    && (unit.isGlobal ? unit.metadataAllows(member.machine) : unit.machine == id)
            }
            for unit in wanted.sorted(by: { $0.name < $1.name }) {
                let key = RunKey(unit: unit.name, machine: id)
                if runs[key] == nil {
                    start(key, unit, at: max(unit.isGlobal ? now : unit.placedAt ?? now, member.since))
                } else if runs[key]?.hash != unit.hash {
                    start(key, unit, at: now + timing.stop)
                } else if runs[key]?.leavesAt != nil {
                    start(key, unit, at: now + timing.stop)
                } else if unit.target == .loaded {
                    if runs[key]?.stopsAt == nil { runs[key]?.stopsAt = now + timing.stop }
                } else if runs[key]?.stopsAt != nil {
                    start(key, unit, at: now)
                }
            }
            let names = Set(wanted.map(\.name))
            for key in runs.keys where key.machine == id && !names.contains(key.unit) {
                if runs[key]?.leavesAt == nil { runs[key]?.leavesAt = now + timing.stop }
                if let leaves = runs[key]?.leavesAt, leaves <= now { runs[key] = nil }
            }
        }
    }

    private mutating func start(_ key: RunKey, _ unit: FleetUnit, at moment: Date) {
        starts += 1
        runs[key] = AgentRun(
            start: starts, hash: unit.hash, options: unit.options, runsAt: moment + timing.start,
            stopsAt: unit.target == .loaded ? moment : nil)
    }
}
