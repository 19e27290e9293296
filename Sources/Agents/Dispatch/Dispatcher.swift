import Etcd
import FoundationEssentials
import Kamailio
import Logging

/// Keeps a Kamailio dealing as `shares` says, and says in etcd which revision is in force.
///
/// It decides nothing: events go to a `DispatchMachine`, its effects are carried out here, those of Kamailio one after the other and those of etcd one
/// after the other.
public actor Dispatcher {
    private let configuration: DispatcherConfiguration
    private let etcd: EtcdClient
    private let kamailio: KamailioClient
    private let file: ListFile
    private let logger: Logger
    private var machine: DispatchMachine
    /// Our acknowledgement, with the lease that our report of traffic stands under too.
    private var kept: KeptKey?
    /// When this run of Kamailio began, by our clock.
    private var startedAt = Date()
    private var report: TrafficReport?
    private let (kamailioWork, toKamailio) = AsyncStream<DispatchMachine.Effect?>.makeStream()
    private let (etcdWork, toEtcd) = AsyncStream<DispatchMachine.Effect>.makeStream()
    private let (wakes, wake) = AsyncStream<Double>.makeStream()

    public init(
        configuration: DispatcherConfiguration, etcd: EtcdClient, kamailio: KamailioClient,
        logger: Logger = Logger(label: "dispatcher")
    ) {
        self.configuration = configuration
        self.etcd = etcd
        self.kamailio = kamailio
        self.logger = logger
        file = ListFile(path: configuration.listFile, sets: configuration.sets)
        machine = DispatchMachine(
            settings: .init(sets: configuration.sets, reloadDelta: configuration.reloadDelta))
    }

    /// Runs until it is cancelled; then its acknowledgement is withdrawn, and the list stays as it is.
    public func run() async {
        do {
            try file.makeIfMissing()
        } catch {
            logger.error("\(error)")
        }
        await withTaskGroup { group in
            group.addTask { await self.workAtKamailio() }
            group.addTask { await self.workAtEtcd() }
            group.addTask { await self.sleepAndWake() }
            group.addTask { await self.poll() }
            group.addTask { await self.watch() }
            group.addTask { await self.keepLease() }
            group.addTask { await self.reportTraffic() }
            await group.waitForAll()
        }
        // A task of its own: this one is cancelled, and etcd must still be told.
        await Task { await self.withdraw() }.value
    }

    private func handle(_ event: DispatchMachine.Event) {
        for effect in machine.handle(event, at: Date().timeIntervalSince1970) {
            switch effect {
            case .list, .write, .reload: toKamailio.yield(effect)
            case .publish, .withdraw: toEtcd.yield(effect)
            case .say(let text): logger.notice("\(text)")
            case .wake(let time): wake.yield(time)
            }
        }
    }

    // MARK: Kamailio

    /// `nil` among the work asks which Kamailio answers.
    private func workAtKamailio() async {
        for await effect in kamailioWork {
            guard !Task.isCancelled else { return }
            do throws(KamailioError) {
                switch effect {
                case nil: try await look()
                case .list: handle(.listed(try await kamailio.dispatcherSets()))
                case .reload:
                    try await kamailio.reloadDispatcher()
                    handle(.reloaded)
                case .write(let list): write(list)
                case .publish, .withdraw, .say, .wake: continue
                }
            } catch {
                guard !Task.isCancelled else { return }
                if error.isOngoingReload {
                    handle(.reloadRefused)
                } else {
                    let isSilent = if case .unreachable = error.kind { true } else { false }
                    handle(isSilent || effect == nil ? .kamailioSilent("\(error)") : .commandFailed("\(error)"))
                }
            }
        }
    }

    private func look() async throws(KamailioError) {
        let run = try await kamailio.run()
        let route = try await kamailio.cell("dialtone", "route")?.number
        if machine.run?.isSame(as: run) != true {
            startedAt = Date(timeIntervalSinceNow: -Double(run.uptime))
            report = nil
        }
        let bound = route == nil ? nil : try await kamailio.cell("dialtone", "bound")?.number
        handle(.kamailio(run, route: route, bound: bound))
    }

    private func write(_ list: DispatcherList) {
        do {
            try file.write(list)
            handle(.written)
        } catch {
            handle(.writeFailed("\(error)"))
        }
    }

    private func poll() async {
        while !Task.isCancelled {
            toKamailio.yield(nil)
            try? await Task.sleep(for: .seconds(configuration.timing.poll))
            handle(.tick)
        }
    }

    private func sleepAndWake() async {
        await withDiscardingTaskGroup { group in
            for await time in wakes {
                group.addTask {
                    try? await Task.sleep(for: .seconds(max(0.001, time - Date().timeIntervalSince1970)))
                    if !Task.isCancelled { await self.handle(.tick) }
                }
            }
        }
    }

    // MARK: etcd

    private func watch() async {
        await etcd.follow(prefix: configuration.sharesKey) { await self.take($0) }
    }

    private func take(_ followed: Followed) {
        switch followed {
        case .whole(let entries):
            handle(.registryBack)
            take(entries.first { $0.key == configuration.sharesKey }?.value)
        case .changed(let events):
            guard let last = events.last(where: { $0.keyValue.key == configuration.sharesKey }) else { return }
            take(last.change == .put ? last.keyValue.value : nil)
        case .back: handle(.registryBack)
        case .away(let reason): handle(.registryAway(reason))
        }
    }

    private func take(_ value: [UInt8]?) {
        guard let value else { return handle(.noShares) }
        do {
            handle(.shares(try SharesDocument(value)))
        } catch {
            handle(.wrongShares("\(error)"))
        }
    }

    private func workAtEtcd() async {
        for await effect in etcdWork {
            guard !Task.isCancelled else { return }
            switch effect {
            case .publish(let acknowledgement):
                do {
                    try await publish(acknowledgement)
                    handle(.published(acknowledgement))
                } catch {
                    guard !Task.isCancelled else { return }
                    handle(.publishFailed("\(error)"))
                }
            case .withdraw: await withdraw()
            case .list, .write, .reload, .say, .wake: continue
            }
        }
    }

    private func publish(_ acknowledgement: DispatchMachine.Acknowledgement) async throws(EtcdError) {
        var current: KeptKey
        if let kept {
            current = kept
        } else {
            current = KeptKey(
                lease: try await etcd.grantLease(ttl: Int64(configuration.timing.lease)).id, revision: 0)
            kept = current
        }
        do throws(EtcdError) {
            current.revision = try await etcd.put(
                configuration.acknowledgementKey,
                acknowledgement.text(sets: configuration.sets, startedAt: startedAt, at: Date()),
                lease: current.lease)
        } catch {
            // A lease that is gone is not used again; a write whose answer was lost is made anew.
            kept = nil
            throw error
        }
        kept = current
        logger.info("revision \(acknowledgement.revision) is in force")
    }

    private func withdraw() async {
        guard let current = kept else { return }
        kept = nil
        report = nil
        // One that cannot be ended ends by itself within its time: nobody renews it any more.
        try? await etcd.revokeLease(current.lease)
    }

    private func keepLease() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(configuration.timing.renewal))
            guard !Task.isCancelled, let current = kept else { continue }
            guard let standing = try? await current.renew(configuration.acknowledgementKey, etcd: etcd) else {
                continue
            }
            // It may have been ended, or written under, meanwhile.
            guard kept?.lease == current.lease, kept?.revision == current.revision, standing != .held else {
                continue
            }
            kept = nil
            handle(.acknowledgementLost)
        }
    }

    // MARK: Traffic

    private func reportTraffic() async {
        while !Task.isCancelled {
            let isDraining = !(machine.wanted?.draining.isEmpty ?? true)
            try? await Task.sleep(for: .seconds(min(isDraining ? 0.5 : .infinity, configuration.timing.traffic)))
            guard !Task.isCancelled, let kept, let run = machine.run, machine.acknowledged?.route != nil else {
                continue
            }
            do {
                var active: [String: ActiveCalls] = [:]
                for name in machine.wanted?.draining ?? [] {
                    active[name] = ActiveCalls(
                        try await kamailio.dialogs(of: TrafficCounter.profile, value: name), at: Date())
                }
                let new = TrafficReport(table: try await kamailio.table(TrafficCounter.table), active: active)
                guard new != report, machine.run?.isSame(as: run) == true else { continue }
                try await etcd.put(
                    configuration.trafficKey, new.text(run: run, startedAt: startedAt, at: Date()), lease: kept.lease)
                report = new
            } catch {
                logger.debug("traffic: \(error)")
            }
        }
    }
}
