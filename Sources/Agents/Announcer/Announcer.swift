import Asterisk
import Etcd
import FoundationEssentials
import Logging
import SIP

/// Keeps one Asterisk registered in etcd as long as it answers SIP OPTIONS, and says how many calls it has.
///
/// It holds no state of its own: started anew, it registers anew.
public actor Announcer {
    private let configuration: AnnouncerConfiguration
    private let etcd: EtcdClient
    private let ari: AsteriskRest?
    private let counter: CallCounter?
    private var heldOff: HeldOff
    /// How often in turn nobody told how many calls there are.
    private var uncounted = 0
    /// Something may have to be done.
    private let (looks, look) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    private let logger: Logger
    private let boot: String
    private var probes: ProbeHistory
    private var probeCalls: ProbeCalls
    private var registration: Registration?
    private let old: OldDiscovery?
    private var beatAt = ContinuousClock.now
    /// Whether some of the old keys may have been written, and were not taken away since.
    private var isBeating = false
    private var backOff = BackOff()
    /// Before then etcd is left alone.
    private var retryAt = ContinuousClock.now
    /// What was said last, so that a state that lasts is one line of the log.
    private var lastProblem: String?
    /// Whether something was wrong in the round that goes on.
    private var hasProblem = false

    /// - Parameters:
    ///   - ari: where calls are counted.
    ///   - ami: where they are counted when ARI does not answer; with neither they stay unknown.
    ///   - v2: where the keys of kamailio-etcd-dispatcher are kept too.
    public init(
        configuration: AnnouncerConfiguration, etcd: EtcdClient, ari: AsteriskRest? = nil,
        ami: AsteriskManager? = nil, v2: EtcdV2Client? = nil,
        logger: Logger = Logger(label: "announcer")
    ) {
        self.configuration = configuration
        self.etcd = etcd
        self.ari = ari
        counter = CallCounter(ari: ari, ami: ami)
        heldOff = HeldOff(configuration)
        self.logger = logger
        old = v2.map {
            OldDiscovery(
                etcd: $0, name: configuration.name, address: configuration.address, port: configuration.port)
        }
        self.probes = ProbeHistory(limit: configuration.timing.failures)
        probeCalls = ProbeCalls(configuration.timing)
        // proc(5): made anew at each boot. Where there is no such file, nothing tells a reboot but the lease.
        let bootID = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
        boot = (bootID ?? "unknown").filter { !$0.isWhitespace }
    }

    /// Runs until it is cancelled; then the instance is withdrawn, as soon as its calls have ended.
    public func run() async {
        await withTaskGroup { group in
            group.addTask { await self.probeAgainAndAgain() }
            group.addTask { for await _ in self.looks { await self.act() } }
            group.addTask { await self.followShares() }
            group.addTask { await self.followDispatchers() }
            await group.next()
            group.cancelAll()
        }
        // A task of its own: this one may be cancelled, and etcd must still be told.
        await Task {
            await self.seeCallsOff()
            await self.withdraw(because: "the announcer ends")
        }.value
    }

    /// Goes on saying how many calls are up until none is, Asterisk does not say, or it has taken too long: a key that is gone while calls are up
    /// would make them unknown.
    private func seeCallsOff() async {
        let end = ContinuousClock.now + .seconds(configuration.timing.farewell)
        while ContinuousClock.now < end, let counter, registration?.isHeld == true {
            guard let count = try? await counter.count(), count.calls > 0 else { return }
            do {
                try await beRegistered()
                try await writeCalls(every: configuration.timing.callsAtEnd)
            } catch {
                return report("\(error)")
            }
            try? await Task.sleep(for: .seconds(min(configuration.timing.callsAtEnd, 1)))
        }
    }

    /// One probe begins every second, however long the answer took.
    private func probeAgainAndAgain() async {
        let clock = ContinuousClock()
        while !Task.isCancelled {
            let next = clock.now + .seconds(configuration.timing.probe)
            let answer = await SIPProbe.options(
                host: configuration.address, port: configuration.port,
                timeout: .seconds(configuration.timing.probeTimeout))
            guard !Task.isCancelled else { return }
            probes.note(answer)
            if !answer.isAlive { logger.debug("OPTIONS: \(answer)") }
            look.yield()
            try? await Task.sleep(until: next, clock: clock)
        }
    }

    private func followShares() async {
        await etcd.follow(prefix: configuration.sharesKey) { followed in
            await self.note { $0.takeShares(followed) }
        }
    }

    private func followDispatchers() async {
        await etcd.follow(prefix: configuration.dispatchersPrefix) { followed in
            await self.note { $0.takeDispatchers(followed) }
        }
    }

    private func note(_ change: (inout HeldOff) -> Void) {
        let before = heldOff.moment
        change(&heldOff)
        if heldOff.moment != before { look.yield() }
    }

    /// Makes etcd say what the probes say.
    private func act() async {
        guard ContinuousClock.now >= retryAt else { return }
        hasProblem = false
        do {
            if probes.isServing {
                try await beRegistered()
                try await writeCalls(every: configuration.timing.calls)
                try await makeProbeCall()
                await beatOld()
            } else if registration != nil || isBeating {
                await withdraw(because: await diagnosis())
            }
            backOff.succeeded()
            if !hasProblem { lastProblem = nil }
        } catch {
            guard !Task.isCancelled else { return }
            retryAt = .now + backOff.failed()
            report("\(error)")
        }
    }

    private func beRegistered() async throws(EtcdError) {
        guard var current = registration else { return try await register(replacing: nil) }
        if let version = probes.version, version != current.document.version {
            // Another Asterisk than the one that was called.
            probeCalls = ProbeCalls(configuration.timing)
            return try await register(replacing: current)
        }
        guard ContinuousClock.now - current.renewedAt >= .seconds(configuration.timing.renewal) else { return }
        let standing = try await current.renew(etcd: etcd)
        // Whoever deleted the count made the calls unknown: it is written again though it did not change.
        if current.calls != nil, try await etcd.get(configuration.callsKey) == nil { current.calls = nil }
        registration = current
        switch standing {
        case .held: break
        case .lost: try await register(replacing: current)
        case .taken: report("another announcer holds \(configuration.instanceKey)")
        }
    }

    private func register(replacing old: Registration?) async throws(EtcdError) {
        let document = InstanceDocument(
            configuration: configuration, version: probes.version ?? "unknown", boot: boot, since: Date(),
            probe: probeCalls.result)
        let new = try await Registration.begin(document, etcd: etcd)
        registration = new
        logger.info("registered \(configuration.instanceKey) (Asterisk \(document.version))")
        // Its key is under the new lease by now. An old lease that cannot be ended ends by itself.
        if let old { try? await etcd.revokeLease(old.key.lease) }
    }

    /// Calls the instance until that has gone well once. Nothing else is done meanwhile: it takes no longer than half the lease, and its own call is
    /// counted by nobody.
    private func makeProbeCall() async throws(EtcdError) {
        guard let called = configuration.probe, registration?.isHeld == true, probeCalls.isDue(.now) else { return }
        let answer = await ProbeCall(host: configuration.address, port: configuration.port, extension: called).make()
        guard !Task.isCancelled else { return }
        let before = probeCalls.result
        probeCalls.note(answer, now: .now)
        if case .failed(let reason) = answer { report("the probe call failed: \(reason)") }
        guard let result = probeCalls.result, result != before, var current = registration else { return }
        try await current.tell(result, etcd: etcd)
        registration = current
        if result == .passed { logger.info("the probe call to \(called) went well") }
    }

    private func writeCalls(every seconds: Double) async throws(EtcdError) {
        guard let counter, var current = registration, current.isHeld else { return }
        // Read before it is counted: the count is of after that.
        let moment = heldOff.moment
        let pause = moment == nil ? seconds : min(seconds, configuration.timing.callsAtEnd)
        if let calls = current.calls, calls.report.after == moment, ContinuousClock.now - calls.at < .seconds(pause) {
            return
        }
        guard let count = await counted(by: counter, before: current.calls?.report.count) else { return }
        let new = CountReport(count: count, after: moment)
        guard new != current.calls?.report else { return }
        try await etcd.put(configuration.callsKey, new.text(at: Date()), lease: current.key.lease)
        current.calls = (new, .now)
        registration = current
    }

    /// `nil`: nobody told, for the first time. What was written last stays then; it says when it was true.
    private func counted(by counter: CallCounter, before: CountReport.Count?) async -> CountReport.Count? {
        do {
            let count = try await counter.count()
            uncounted = 0
            return .known(count)
        } catch {
            report("\(error)")
            uncounted += 1
            guard uncounted > 1 else { return nil }
            // The words change from one time to the next, and mean the same.
            if case .unknown? = before { return before }
            return .unknown("\(error)")
        }
    }

    /// The old store is nobody's but an old dispatcher's: what fails there is said, and stops nothing.
    private func beatOld() async {
        // An old dispatcher deals to whoever beats.
        guard let old, ContinuousClock.now >= beatAt, configuration.probe == nil || probeCalls.result == .passed else {
            return
        }
        beatAt = .now + .seconds(OldDiscovery.heartbeat)
        // Also where it is cut short: what it wrote until then has to go.
        isBeating = true
        do {
            try await old.beat()
        } catch {
            report("kamailio-etcd-dispatcher: \(error)")
        }
    }

    /// What is wrong with the instance: an Asterisk that hangs is another matter than one that has stopped.
    private func diagnosis() async -> String {
        let failed = "\(configuration.timing.failures) probes failed in turn"
        switch self.probes.failure {
        case .closed: return "\(failed): Asterisk has stopped, nothing listens on its SIP port"
        case .answered(let status, _): return "\(failed): it answers \(status)"
        case .silent(let reason):
            guard let ari else { return "\(failed): \(reason)" }
            let isAlive = (try? await ari.ping()) != nil
            return "\(failed): \(reason); "
                + (isAlive
                    ? "its SIP stack hangs, ARI answers"
                    : "all of Asterisk hangs, or is gone: ARI does not answer either")
        case nil: return failed
        }
    }

    private func withdraw(because reason: String) async {
        if isBeating, let old {
            isBeating = false
            beatAt = .now
            do {
                try await old.withdraw()
            } catch {
                // Without heartbeats it goes by itself.
                report("kamailio-etcd-dispatcher: \(error)")
            }
        }
        // What answers again later is called again.
        probeCalls = ProbeCalls(configuration.timing)
        guard let current = registration else { return }
        registration = nil
        logger.info("withdrawing \(configuration.instanceKey): \(reason)")
        do throws(EtcdError) {
            try await etcd.revokeLease(current.key.lease)
        } catch {
            // The lease is not renewed any more, so it ends by itself within its time.
            if error != .leaseNotFound { report("\(error)") }
        }
    }

    private func report(_ problem: String) {
        if problem != lastProblem { logger.warning("\(problem)") }
        lastProblem = problem
        hasProblem = true
    }
}
