import ClusterModel
import Synchronization

/// Holds the leader key while the loop has it, and knows until when it may act.
actor LeaseKeeper {
    private let registry: any RegistryPort
    private let record: LeaderRecord
    private let seconds: Int
    private let clock: Clock
    private var held: (leadership: Leadership, until: Int64)? {
        didSet {
            let until = held?.until ?? 0
            end.withLock { $0 = until }
        }
    }
    /// When the lease that is held ends, milliseconds since boot; 0: none is held.
    private let end = Mutex<Int64>(0)
    private var renewal: Task<Void, Never>?

    init(registry: any RegistryPort, record: LeaderRecord, seconds: Int, clock: Clock) {
        self.registry = registry
        self.record = record
        self.seconds = seconds
        self.clock = clock
    }

    /// The leadership, while its lease has a second or more to run; asked before each operation.
    func standing() -> Leadership? {
        guard let held, stands else { return nil }
        return held.leadership
    }

    /// Whether the lease has a second or more to run; asked right before each call, by those who make it.
    nonisolated var stands: Bool { clock.sinceBoot() < end.withLock { $0 } - 1000 }

    func acquire(onLoss: @escaping @Sendable () -> Void) async -> LeadershipNews {
        let asked = clock.sinceBoot()
        do throws(PortError) {
            guard let leadership = try await registry.acquire(record, seconds: seconds) else {
                return .refused(by: try? await registry.observe().leader)
            }
            held = (leadership, asked + Int64(seconds) * 1000)
            renewal = Task { await self.renew(leadership, onLoss) }
            return .granted
        } catch {
            return .failed(error)
        }
    }

    func release() async {
        renewal?.cancel()
        renewal = nil
        guard let held else { return }
        self.held = nil
        try? await registry.release(held.leadership)
    }

    /// Three times a lease; a failure is tried again while the lease runs.
    private func renew(_ leadership: Leadership, _ onLoss: @Sendable () -> Void) async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(seconds * 1000 / 3))
            guard !Task.isCancelled, held?.leadership == leadership else { return }
            let asked = clock.sinceBoot()
            if let isHeld = try? await registry.renew(leadership) {
                guard isHeld else { break }
                if held?.leadership == leadership { held?.until = asked + Int64(seconds) * 1000 }
            } else if let until = held?.until, clock.sinceBoot() >= until {
                break
            }
        }
        guard !Task.isCancelled, held?.leadership == leadership else { return }
        held = nil
        onLoss()
    }
}
