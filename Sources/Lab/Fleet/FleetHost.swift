import FoundationEssentials

/// The one owner of the lab's `FleetState`: requests, machines and time go through here, one after the other.
actor FleetHost {
    private var state: FleetState
    private let log: RequestLog?
    private let clock: @Sendable () -> Date
    /// Told after each change that what should run may have changed.
    private let changed: @Sendable () -> Void

    init(
        timing: FleetTiming = FleetTiming(), log: RequestLog? = nil, clock: @escaping @Sendable () -> Date = { Date() },
        changed: @escaping @Sendable () -> Void = {}
    ) {
        self.state = FleetState(timing: timing)
        self.log = log
        self.clock = clock
        self.changed = changed
    }

    func answer(_ request: FleetRequest) -> FleetAnswer {
        let now = clock()
        let answer = state.answer(request, now: now)
        log?.append(method: request.method, path: request.target, status: answer.status, at: now)
        if request.method != "GET" { changed() }
        return answer
    }

    func setMachines(_ machines: [FleetMachine]) {
        state.setMachines(machines, now: clock())
        changed()
    }

    /// What should run now, and when that changes by itself.
    func processes() -> (now: [FleetState.Process], nextChange: Date?) {
        let now = clock()
        state.advance(to: now)
        return (state.processes(now: now), state.nextChange(after: now))
    }

    func report(_ process: FleetState.Process, isFailed: Bool) {
        state.report(process.key, start: process.start, isFailed: isFailed)
    }
}
