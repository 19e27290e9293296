import FoundationEssentials
import Libvirt
import Synchronization

/// Tells the lab's fleet which machines live: the running domains that carry our mark and have a drive to boot from.
actor MachineObserver {
    static let namespace = "urn:dialtone:1"

    private let connection: LibvirtConnection
    private let host: FleetHost
    private let volumes: LabVolumes
    /// Whether a node lives only once its guest agent answers: on real machines. The test driver makes answers up.
    private let asksAgents: Bool
    /// What was found out of a domain at one of its starts; `machine` is `nil` for one that is not ours.
    private var known: [UUID: (start: Int32, machine: FleetMachine?)] = [:]

    /// Domains of which an event told since the last look.
    private let changed = Changed()

    init(connection: LibvirtConnection, host: FleetHost, volumes: LabVolumes, asksAgents: Bool = false) {
        self.connection = connection
        self.host = host
        self.volumes = volumes
        self.asksAgents = asksAgents
    }

    /// Looks at each event and at least every second, until cancelled.
    func run() async {
        // Many events are one look.
        let (looks, look) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let events = Task { [connection, changed] in
            for await event in await connection.events() {
                switch event {
                case .domain(_, let uuid, _), .metadata(_, let uuid, _): changed.insert(uuid)
                case .agent(_, let uuid, connected: false): changed.insert(uuid, hasRestarted: true)
                default: break
                }
                look.yield()
            }
        }
        let ticks = Task {
            while !Task.isCancelled {
                look.yield()
                try? await Task.sleep(for: .seconds(1))
            }
            look.finish()
        }
        await withTaskCancellationHandler {
            for await _ in looks { await refresh() }
        } onCancel: {
            events.cancel()
            ticks.cancel()
        }
    }

    /// Looks once. When libvirt does not answer, the machines stay what they were: a node does not die with its hypervisor's daemon.
    func refresh() async {
        // What was not ours may have been marked meanwhile.
        // A guest whose agent went away ends or starts anew: what ran on it has ended.
        for (uuid, hasRestarted) in changed.take() where hasRestarted || known[uuid]?.machine == nil {
            known[uuid] = nil
        }
        guard let summaries = try? await connection.listDomains() else { return }
        let running = summaries.filter { $0.state == .running || $0.state == .blocked }
        // A machine that was started anew between two looks was dead in between: what ran on it has ended.
        let steady = running.filter { known[$0.uuid]?.start == $0.id }
        if steady.count < running.count { await host.setMachines(steady.compactMap { known[$0.uuid]?.machine }) }
        let unread = Set(running.filter { known[$0.uuid]?.start != $0.id }.map(\.uuid))
        if !unread.isEmpty {
            guard let domains = try? await connection.domains(describing: { unread.contains($0.uuid) }) else { return }
            for domain in domains { await read(domain) }
        }
        known = known.filter { entry in running.contains { $0.uuid == entry.key && $0.id == entry.value.start } }
        await host.setMachines(running.compactMap { known[$0.uuid]?.machine })
    }

    private func read(_ domain: Domain) async {
        guard let start = domain.summary.id else { return }
        guard let mark = domain.description.metadata(inNamespace: Self.namespace), mark.attribute("cluster") != nil
        else {
            known[domain.summary.uuid] = (start, nil)
            return
        }
        // A node whose drive cannot be read yet is looked at again.
        guard let image = drive(of: domain), let drive = NodeDrive(image: image) else { return }
        if asksAgents, (try? await connection.guestHostname(of: .uuid(domain.summary.uuid))) == nil { return }
        let id = domain.summary.uuid.uuidString.lowercased().filter { $0 != "-" }
        known[domain.summary.uuid] = (
            start, FleetMachine(id: id, primaryIP: drive.address, metadata: drive.metadata)
        )
    }

    private func drive(of domain: Domain) -> [UInt8]? {
        for disk in domain.description.disks where disk.isReadOnly {
            guard case .volume(let pool, let name) = disk.source else { continue }
            if let image = try? volumes.read(pool: pool, name: name) { return image }
        }
        return nil
    }
}

/// Domains that one task notes and another takes.
private final class Changed: Sendable {
    private let uuids = Mutex<[UUID: Bool]>([:])

    func insert(_ uuid: UUID, hasRestarted: Bool = false) {
        uuids.withLock { $0[uuid, default: false] = $0[uuid, default: false] || hasRestarted }
    }

    func take() -> [UUID: Bool] {
        uuids.withLock { uuids in
            defer { uuids = [:] }
            return uuids
        }
    }
}
