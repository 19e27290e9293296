import FoundationEssentials

/// The one owner of the lab's `FleetState`: requests, machines and time go through here, one after the other.
actor FleetHost {
    private var state: FleetState
    private let log: RequestLog?
    /// What is wrong now.
    private let faults: @Sendable () -> LabFaults
    private let clock: @Sendable () -> Date
    /// Told after each change that what should run may have changed.
    private let changed: @Sendable () -> Void

    init(
        timing: FleetTiming = FleetTiming(), movesUnits: Bool = false, log: RequestLog? = nil,
        faults: @escaping @Sendable () -> LabFaults = { LabFaults() },
        clock: @escaping @Sendable () -> Date = { Date() },
        changed: @escaping @Sendable () -> Void = {}
    ) {
        self.state = FleetState(timing: timing, movesUnits: movesUnits)
        self.faults = faults
        self.log = log
        self.clock = clock
        self.changed = changed
    }

    func answer(_ request: FleetRequest) -> FleetAnswer {
        let now = clock()
        look()
        let answer = state.answer(request, now: now)
        log?.append(method: request.method, path: request.target, status: answer.status, at: now)
        if request.method != "GET" { changed() }
        return answer
    }

    /// Takes over what is wrong now.
    private func look() {
        let now = faults()
        guard now != state.faults else { return }
        state.faults = now
        changed()
    }

    func setMachines(_ machines: [FleetMachine]) {
        let now = clock()
        look()
        let before = state.processes(now: now)
        state.setMachines(machines, now: now)
        // The machines are looked at every second; mostly nothing has changed.
        if state.processes(now: now) != before || state.nextChange(after: now) != nil { changed() }
    }

    /// What should run now, on which living machines, and when that changes by itself.
    func processes() -> (now: [FleetState.Process], machines: [String: FleetMachine], nextChange: Date?) {
        let now = clock()
        state.advance(to: now)
        let alive = state.machines.values.filter { $0.diedAt == nil }.map { ($0.machine.id, $0.machine) }
        return (state.processes(now: now), Dictionary(alive) { $1 }, state.nextChange(after: now))
    }

    func report(_ process: FleetState.Process, isFailed: Bool) {
        state.report(process.key, start: process.start, isFailed: isFailed)
    }
}
