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
    private var libvirtd: LabLibvirtd?
    private var server: FleetServer?
    private var tasks: [Task<Void, Never>] = []

    init(layout: LabLayout, keeper: RecordKeeper, executable: String) {
        self.layout = layout
        self.keeper = keeper
        self.executable = executable
    }

    /// Returns when the lab can be used, and `lab.env` says so.
    func start() async throws(LabError) {
        try layout.make()
        let network = try LabNetwork(seed: layout.directory)
        self.network = network
        try await keeper.setNetwork(network.prefix)
        let environment = await keeper.environment
        let etcd = try await LabEtcd.start(layout, environment: environment)
        self.etcd = etcd
        try await keeper.add(etcd.child)
        let libvirtd = try await LabLibvirtd.start(layout, environment: environment)
        self.libvirtd = libvirtd
        try await keeper.add(libvirtd.child)
        try await network.define(on: libvirtd.connection)

        let wakes = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let log = try RequestLog(path: layout.requestLog)
        var timing = FleetTiming()
        timing.machineLag = await keeper.machineLag
        let host = FleetHost(timing: timing, log: log, changed: { wakes.continuation.yield() })
        let server = try await FleetServer.start(host: host, socket: layout.fleetSocket)
        self.server = server
        let observer = MachineObserver(
            connection: libvirtd.connection, host: host, volumes: LabVolumes(directory: layout.directory))
        let runner = UnitRunner(
            host: host, surroundings: surroundings(environment), wakes: wakes)
        tasks = [Task { await runner.run() }, Task { await observer.run() }]

        try LabFile.replace(layout.image, with: LabDocuments.image)
        let connections = LabEnvironment(
            libvirt: libvirtd.uri, etcd: etcd.url, fleet: "http://127.0.0.1:\(server.port)",
            directory: layout.directory)
        try LabDocuments.writeManifest(connections, network: network, layout: layout)
        // Last: who sees this file finds everything there.
        try LabFile.replace(layout.environment, with: Array(connections.shellLines.utf8))
    }

    func stop() async {
        for task in tasks.reversed() { task.cancel() }
        for task in tasks.reversed() { await task.value }
        await server?.stop()
        await libvirtd?.connection.close()
        await libvirtd?.child.stop()
        await etcd?.child.stop()
        network = nil
    }

    private func surroundings(_ environment: [String: String]) -> UnitProcess.Surroundings {
        UnitProcess.Surroundings(layout: layout, environment: environment, executable: executable) {
            [keeper] child, runs in
            do throws(LabError) {
                if runs { try await keeper.add(child) } else { try await keeper.remove(child) }
            } catch {
                LabSay.line("\(child.name) is not in the record: \(error)")
            }
        }
    }
}
