import ClusterModel
import Planning

/// Runs the machine against real systems: carries its effects out and feeds what comes of them back in.
public struct Loop: Sendable {
    public var ports: Ports
    public var planner: Planner
    public var settings: Settings
    /// Who writes the leader key.
    public var holder: String

    public init(ports: Ports, planner: Planner, settings: Settings, holder: String) {
        self.ports = ports
        self.planner = planner
        self.settings = settings
        self.holder = holder
    }

    /// Told what goes on; called on any thread, in order of what happens.
    public struct Listener: Sendable {
        public var report: @Sendable (Report) -> Void
        public var progress: @Sendable (_ target: String, _ done: Int64, _ total: Int64) -> Void

        public init(
            report: @escaping @Sendable (Report) -> Void,
            progress: @escaping @Sendable (_ target: String, _ done: Int64, _ total: Int64) -> Void = { _, _, _ in }
        ) {
            self.report = report
            self.progress = progress
        }
    }

    /// Runs until the machine ends.
    /// - Parameters:
    ///   - stops: yields when a person or a signal asks to stop: what runs ends, nothing more begins.
    ///   - planners: yields when the manifest changed.
    public func run(
        _ listener: Listener, stops: AsyncStream<Void>, planners: AsyncStream<Planner> = AsyncStream { $0.finish() }
    ) async -> Outcome {
        let clock = Clock()
        let record = LeaderRecord(name: holder, pid: Int(ProcessIdentity.pid), since: clock.now())
        let lease = LeaseKeeper(registry: ports.registry, record: record, seconds: settings.leaseSeconds, clock: clock)
        let executor = Executor(
            ports: ports, lease: lease, clock: clock, progress: listener.progress,
            remark: { listener.report(.remarked(target: $0, $1)) })
        let observer = Observer(ports: ports, clock: clock)
        let (events, inbox) = AsyncStream.makeStream(of: Event.self)
        var machine = Machine(planner: planner, settings: settings)
        var seen: Observed?
        var timer: Task<Void, Never>?
        defer { timer?.cancel() }
        return await withTaskGroup(of: Void.self, returning: Outcome.self) { group in
            defer { group.cancelAll() }
            listen(&group, inbox, stops: stops, planners: planners)
            inbox.yield(.begin)
            for await event in events {
                if case .observed(let observed) = event { seen = observed }
                for effect in machine.handle(event, at: clock.now()) {
                    switch effect {
                    case .observe:
                        let (spec, before) = (machine.planner.desired.spec, seen)
                        group.addTask { inbox.yield(.observed(await observer.observe(spec, previous: before))) }
                    case .acquire:
                        group.addTask {
                            inbox.yield(.leadership(await lease.acquire { inbox.yield(.leadership(.lost)) }))
                        }
                    case .perform(let action, let time):
                        let cluster = machine.planner.desired.spec.name
                        group.addTask {
                            let error = await executor.perform(action, cluster: cluster, at: time)
                            inbox.yield(.finished(target: action.target, error))
                        }
                    case .wake(let time):
                        let milliseconds = max(0, time.milliseconds - clock.now().milliseconds)
                        timer?.cancel()
                        timer = Task {
                            try? await Task.sleep(for: .milliseconds(milliseconds))
                            if !Task.isCancelled { inbox.yield(.woke) }
                        }
                    case .report(let report):
                        listener.report(report)
                    case .release:
                        await lease.release()
                    case .end(let outcome):
                        return outcome
                    }
                }
            }
            return .stopped(left: Step())
        }
    }

    private func listen(
        _ group: inout TaskGroup<Void>, _ inbox: AsyncStream<Event>.Continuation, stops: AsyncStream<Void>,
        planners: AsyncStream<Planner>
    ) {
        group.addTask { for await _ in stops { inbox.yield(.stop) } }
        group.addTask { for await planner in planners { inbox.yield(.desired(planner)) } }
        for port in ports.hypervisors.values {
            group.addTask { for await _ in port.changes() { inbox.yield(.changed) } }
        }
        let registry = ports.registry
        group.addTask { for await _ in registry.changes() { inbox.yield(.changed) } }
    }
}
