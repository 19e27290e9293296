import FoundationEssentials
import Glibc
import Libvirt

/// Everything that runs in a lab, started in order and stopped in reverse.
actor LabParts {
    private let layout: LabLayout
    private let keeper: RecordKeeper
    private let executable: String
    private var network: LabNetwork?
    private var etcd: LabEtcd?
    private var namespace: LabNamespace?
    private var libvirtd: LabLibvirtd?
    private var server: FleetServer?
    private var kamailios: [LabKamailio] = []
    private var tasks: [Task<Void, Never>] = []

    init(layout: LabLayout, keeper: RecordKeeper, executable: String) {
        self.layout = layout
        self.keeper = keeper
        self.executable = executable
    }

    /// Returns when the lab can be used, and `lab.env` says so.
    func start() async throws(LabError) {
        try layout.make()
        let hypervisor = await keeper.hypervisor
        let network = try LabNetwork(seed: layout.directory, hypervisor: hypervisor)
        self.network = network
        try await keeper.setNetwork(network.prefix)
        let trees = try AsteriskTrees.find(await keeper.asterisk)
        try await keeper.setAsterisk(trees.versions)
        let environment = await keeper.environment
        let etcd = try await LabEtcd.start(layout, environment: environment)
        self.etcd = etcd
        try await keeper.add(etcd.child)
        let (libvirtd, nodes) =
            switch hypervisor {
            case .test: try await startTestDriver(environment)
            case .qemu: try await startMachines(environment)
            }
        try await network.define(on: libvirtd.connection)
        tasks.append(
            Task {
                await guardDaemon(libvirtd) { () async throws(LabError) in
                    // The test driver has forgotten everything: its host begins as on its first day.
                    if hypervisor == .test { try await network.define(on: libvirtd.connection) }
                }
            })

        let wakes = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let log = try RequestLog(path: layout.requestLog)
        let fleet = await keeper.fleet
        let host = FleetHost(
            timing: fleet.timing, movesUnits: fleet.movesUnits, log: log,
            faults: { [layout] in LabFaults.read(layout.faults) }, changed: { wakes.continuation.yield() })
        let server = try await FleetServer.start(host: host, socket: layout.fleetSocket)
        self.server = server
        let observer = MachineObserver(
            connection: libvirtd.connection, host: host, volumes: LabVolumes(directory: layout.directory),
            asksAgents: hypervisor == .qemu)
        let runner = UnitRunner(
            host: host, surroundings: surroundings(environment, network, trees, password: await keeper.id),
            wakes: wakes)
        tasks += [Task { await runner.run() }, Task { await observer.run() }]
        try await startKamailios(environment, network, etcd)

        let connections = LabEnvironment(
            libvirt: libvirtd.uri, etcd: etcd.url, fleet: "http://127.0.0.1:\(server.port)",
            directory: layout.directory, kamailios: kamailios.map { .init(name: $0.name, sip: $0.sip, rpc: $0.rpc) },
            asterisk: trees.versions)
        try LabDocuments.writeManifest(connections, nodes: nodes, network: network, layout: layout)
        // Last: who sees this file finds everything there.
        try LabFile.replace(layout.environment, with: Array(connections.shellLines.utf8))
    }

    private func startTestDriver(
        _ environment: [String: String]
    ) async throws(LabError) -> (LabLibvirtd, LabDocuments.Nodes) {
        let libvirtd = try await LabLibvirtd.start(layout, environment: environment)
        self.libvirtd = libvirtd
        try await keeper.add(libvirtd.child)
        try LabFile.replace(layout.image, with: LabDocuments.image)
        return (libvirtd, .test(image: layout.image))
    }

    private func startMachines(
        _ environment: [String: String]
    ) async throws(LabError) -> (LabLibvirtd, LabDocuments.Nodes) {
        let image = try NodeImage.find()
        let id = await keeper.id
        let namespace = try await LabNamespace.start(layout, id: id, environment: environment)
        self.namespace = namespace
        try await keeper.add(namespace.child)
        let libvirtd = try await LabLibvirtd.start(layout, environment: environment, in: namespace)
        self.libvirtd = libvirtd
        try await keeper.add(libvirtd.child)
        let pool = LabVolumes(directory: layout.directory).path(pool: LabDocuments.pool)
        guard mkdir(pool, 0o755) == 0 || errno == EEXIST else { throw .system("mkdir \(pool)", errno) }
        do {
            try await libvirtd.connection.definePool(name: LabDocuments.pool, directory: pool)
            try await libvirtd.connection.startPool(LabDocuments.pool)
        } catch {
            throw LabError("the lab's storage pool could not be defined: \(error)")
        }
        let isFast = try await KVMProbe().works(image, layout, keeper: keeper)
        LabSay.line(isFast ? "KVM boots a guest" : "KVM boots no guest here: machines are emulated")
        return (libvirtd, .machines(image, isEmulated: !isFast))
    }

    /// Starts libvirtd anew whenever it ends, as a host would; QEMU's machines go on without it.
    ///
    /// - Parameter remake: makes what the new one lacks.
    private func guardDaemon(
        _ libvirtd: LabLibvirtd, remake: @Sendable () async throws(LabError) -> Void
    ) async {
        var child = await libvirtd.child
        var backOff = BackOff()
        while true {
            let (ended, born) = (child, ContinuousClock.now)
            let status = await withTaskCancellationHandler {
                await ended.waitForExit()
            } onCancel: {
                ended.identity.signal(SIGTERM)
            }
            var pause = backOff.pause(after: .now - born)
            while child === ended {
                guard !Task.isCancelled else { return }
                LabSay.line("libvirtd has ended with status \(status) and is started anew in \(pause)")
                guard (try? await Task.sleep(for: pause)) != nil else { return }
                do throws(LabError) {
                    child = try await libvirtd.restart()
                    try await keeper.replace(ended, with: child)
                    try await libvirtd.waitUntilAnswering()
                    try await remake()
                } catch {
                    LabSay.line("libvirtd could not be started anew: \(error)")
                    pause = backOff.pause(after: .zero)
                }
            }
        }
    }

    /// Kamailios, with an agent beside each as soon as there is something to deal.
    private func startKamailios(
        _ environment: [String: String], _ network: LabNetwork, _ etcd: LabEtcd
    ) async throws(LabError) {
        for number in 0..<(await keeper.kamailios) {
            let kamailio = try await LabKamailio.start(
                number + 1, network: network, layout: layout, environment: environment)
            kamailios.append(kamailio)
            try await keeper.add(kamailio.child)
        }
        let dispatchers = LabDispatchers(
            kamailios,
            surroundings: .init(
                layout: layout, environment: environment, executable: executable, etcd: etcd.url, record: record))
        tasks.append(Task { await dispatchers.run() })
    }

    func stop() async {
        for task in tasks.reversed() { task.cancel() }
        // First, since others wait for its answers; and again, where it was being started anew.
        await libvirtd?.end()
        for task in tasks.reversed() { await task.value }
        await libvirtd?.end()
        await server?.stop()
        for kamailio in kamailios { await kamailio.child.stop() }
        await libvirtd?.connection.close()
        await namespace?.end()
        await etcd?.child.stop()
        network = nil
    }

    private func surroundings(
        _ environment: [String: String], _ network: LabNetwork, _ trees: AsteriskTrees, password: String
    ) -> UnitProcess.Surroundings {
        UnitProcess.Surroundings(
            layout: layout, environment: environment, executable: executable, trees: trees, password: password,
            network: network, record: record)
    }

    /// Writes down that a child runs, or that it has ended.
    private var record: @Sendable (LabChild, _ runs: Bool) async -> Void {
        { [keeper] child, runs in
            do throws(LabError) {
                if runs { try await keeper.add(child) } else { try await keeper.remove(child) }
            } catch {
                LabSay.line("\(child.name) is not in the record: \(error)")
            }
        }
    }
}
