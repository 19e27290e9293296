import FoundationEssentials

/// Makes what runs agree with what fleet says should run.
actor UnitRunner {
    private let host: FleetHost
    private let surroundings: UnitProcess.Surroundings
    private var running: [FleetState.RunKey: UnitProcess] = [:]
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    /// - Parameter wakes: yields whenever something may have changed.
    init(
        host: FleetHost, surroundings: UnitProcess.Surroundings,
        wakes: (stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation)
    ) {
        self.host = host
        self.surroundings = surroundings
        self.wakes = wakes.stream
        self.wake = wakes.continuation
    }

    /// Runs until cancelled; then everything has been stopped.
    func run() async {
        var timer: Task<Void, Never>?
        await reconcile(&timer)
        for await _ in wakes { await reconcile(&timer) }
        timer?.cancel()
        for process in running.values { process.end(cut: false) }
        for process in running.values { await process.ended() }
    }

    private func reconcile(_ timer: inout Task<Void, Never>?) async {
        let wanted = await host.processes()
        let starts = Dictionary(wanted.now.map { ($0.key, $0.start) }) { first, _ in first }
        for (key, process) in running where starts[key] != process.process.start {
            process.end(cut: wanted.machines[key.machine] == nil)
        }
        for process in wanted.now {
            if let current = running[process.key], current.process.start == process.start, !current.isEnding {
                continue
            }
            guard let address = wanted.machines[process.key.machine]?.primaryIP else { continue }
            running[process.key] = UnitProcess(
                process, address: address, after: running[process.key], surroundings: surroundings
            ) { [host] isFailed in await host.report(process, isFailed: isFailed) }
        }
        // One that is still ending stays, for a successor to wait for.
        running = running.filter { starts[$0.key] != nil || !$0.value.isOver }
        timer?.cancel()
        timer = wanted.nextChange.map { moment in
            Task { [wake] in
                try? await Task.sleep(for: .seconds(max(0, moment.timeIntervalSince(Date()))))
                if !Task.isCancelled { wake.yield() }
            }
        }
    }
}
