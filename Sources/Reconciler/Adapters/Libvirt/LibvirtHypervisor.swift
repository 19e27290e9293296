import ClusterModel
import FoundationEssentials
import Libvirt

/// The port to one libvirt.
public struct LibvirtHypervisor: HypervisorPort {
    let connection: LibvirtConnection
    let place: HypervisorSpec
    let contents: any VolumeContents
    let images = ImageUploads()
    /// A call that asks a guest to shut down may block for a minute: fewer of them than the connection has threads.
    let shutdowns = Turns(3)
    private let guests = GuestNames()
    private let machines = RunningMachines()

    public init(_ connection: LibvirtConnection, place: HypervisorSpec, contents: (any VolumeContents)? = nil) {
        self.connection = connection
        self.place = place
        self.contents = contents ?? LibvirtContents(connection: connection, place: place)
    }

    /// A handful of calls, one for each domain, and one more for some that run; those of domains side by side.
    public func observe() async throws(PortError) -> HypervisorState {
        do {
            async let transient = connection.transientDomains()
            async let pool = observePool()
            async let network = connection.network(named: place.network)
            let domains = try await connection.domains(inactive: true, running: machines.choose) {
                ($0, ClusterModel.DomainState($0))
            }
            machines.learn(domains.map(\.0))
            let undefined = try await transient
            let names = await guests.names(of: domains.map(\.0), on: connection)
            var found: [String: ClusterModel.DomainState] = [:]
            for (domain, state) in domains {
                var state = state
                state.persistent = !undefined.contains(domain.summary.name)
                state.guestHostname = names[domain.summary.uuid]
                found[domain.summary.name] = state
            }
            return HypervisorState(
                domains: found, pool: try await pool, network: try await network.map(NetworkState.init))
        } catch {
            throw PortError(libvirt: error, place)
        }
    }

    private func observePool() async throws -> PoolState? {
        guard let pool = try await connection.pool(named: place.pool) else { return nil }
        let volumes = pool.isActive ? try await connection.volumeNames(inPool: place.pool) : []
        return PoolState(active: pool.isActive, volumes: Set(volumes))
    }

    /// Events say no more than that it is time to look.
    public func changes() -> AsyncStream<Void> {
        AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            let task = Task {
                for await _ in await connection.events() { continuation.yield() }
                continuation.finish()
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    public func perform(
        _ operation: HypervisorOperation, progress: @escaping Progress
    ) async throws(PortError) {
        do {
            switch operation {
            case .define(let node): try await define(node)
            case .start(let name, let uuid, let time): try await start(name, uuid, at: time)
            case .stop(let node, let seconds): try await stop(node, seconds: seconds)
            case .undefine(let node): try await undefine(node)
            case .reserve(let node):
                _ = try await standing(node)
                try await connection.addReservation(
                    DHCPReservation(node.owns.reservation), toNetwork: node.owns.network)
            case .release(let node):
                try await verify(node)
                try await connection.removeReservation(
                    DHCPReservation(node.owns.reservation), fromNetwork: node.owns.network)
            case .ensureImage(let pool, let upload):
                try await images.once("\(pool)/\(upload.volume)") {
                    try await connection.hasVolume(named: upload.volume, inPool: pool)
                } _: {
                    try await ensure(upload, pool, progress)
                }
            case .createOverlay(let node, let backing, let format, let gibibytes):
                guard try await !standing(node).isActive else {
                    throw PortError(.changed, "domain '\(node.name)' runs: its disk is left alone")
                }
                try await createOverlay(node.owns.pool, node.owns.overlay, backing, format, gibibytes)
            case .writeDrive(let node, let drive, let fresh):
                _ = try await standing(node)
                try await writeDrive(node.owns.pool, node.owns.drive, drive, fresh: fresh)
            case .deleteVolume(let node, let volume):
                try await verify(node)
                try await delete(volume, node.owns.pool)
            case .deleteUnusedImage(let node, let volume):
                try await verify(node)
                try await deleteUnusedImage(volume, node.owns.pool)
            }
        } catch {
            throw PortError(libvirt: error, place)
        }
    }
}

extension PortError {
    init(libvirt error: any Error, _ place: HypervisorSpec) {
        switch error {
        case let error as PortError: self = error
        case let error as LibvirtError:
            self.init(
                error.isConnectionLoss ? .unreachable : .refused,
                "hypervisor \(place.name): \(error)\(error.mend(place).map { "; \($0)" } ?? "")")
        case is CancellationError: self.init(.outcomeUnknown, "hypervisor \(place.name): the call was cancelled")
        default: self.init(.refused, "hypervisor \(place.name): \(error)")
        }
    }
}
