import ConfigDrive
import FoundationEssentials
import Libvirt
import TestSupport
import Testing

@testable import Lab

/// A lab whose supervisor runs in the test's own process.
final class RunningLab: Sendable {
    let directory: String
    let environment: LabEnvironment
    let libvirt: LibvirtConnection
    private let supervisor: Task<Void, any Error>

    /// - Parameter executable: what announcers are run with.
    static func start(_ directory: String, executable: String = "/bin/true", machineLag: Double? = nil) async throws
        -> RunningLab
    {
        let (_, layout) = try Lab.prepare(LabLayout.absolute(directory), fleet: LabFleet(machineLag: machineLag))
        let supervisor = Task { try await LabSupervisor.run(directory: directory, executable: executable) }
        let environment = try await eventually("the lab is up", deadline: .seconds(30)) { Lab.environment(layout) }
        return RunningLab(directory: layout.directory, environment: environment, supervisor: supervisor)
    }

    private init(directory: String, environment: LabEnvironment, supervisor: Task<Void, any Error>) {
        self.directory = directory
        self.environment = environment
        self.supervisor = supervisor
        libvirt = LibvirtConnection(uri: environment.libvirt)
    }

    /// Ends the supervisor as SIGTERM would; the files stay.
    func stop() async throws {
        await libvirt.close()
        supervisor.cancel()
        try await supervisor.value
    }

    /// Network of the lab, as `127.93.7`.
    var network: String {
        (try? LabRecord.read(directory + "/lab.json"))?.network ?? ""
    }

    /// A running machine with our mark and a drive, as Dialtone makes it.
    @discardableResult
    func startNode(_ name: String, address: String) async throws -> DomainKey {
        let drive = try isoImage(
            label: "cidata",
            files: [
                ("meta-data", Array("{}".utf8)),
                ("network-config", Array(NodeDriveTests.network(address).utf8)),
                ("user-data", Array(NodeDriveTests.userData(node: name).utf8)),
            ])
        try LabVolumes(directory: directory).store(pool: "default-pool", name: "\(name)-drive.iso", bytes: drive)
        let mark = XMLElement(
            "node", namespace: .init(prefix: "dialtone", uri: "urn:dialtone:1"),
            attributes: [.init("cluster", "a"), .init("node", name)])
        let uuid = UUID()
        try await libvirt.define(
            DomainDefinition(
                name: name, uuid: uuid, memoryMiB: 256, vcpus: 1, boot: .disk,
                disks: [
                    .init(
                        source: .volume(pool: "default-pool", name: "\(name)-drive.iso"), format: .raw, isReadOnly: true
                    )
                ],
                interfaces: [], metadata: [mark]))
        try await libvirt.start(.uuid(uuid))
        return .uuid(uuid)
    }

    /// What `curl` gets from fleet.
    func fleet(_ path: String, method: String = "GET", body: String? = nil) async throws -> String {
        var command = ["curl", "-sS", "-X", method, environment.fleet + "/fleet/v1/" + path]
        if let body { command += ["-H", "Content-Type: application/json", "-d", body] }
        return try await ChildProcess.run(command).output
    }

    func put(_ unit: String, _ options: [(String, String, String)]) async throws {
        struct Body: Encodable {
            var desiredState = "launched"
            var options: [FleetOption]
        }
        let body = Body(options: options.map { FleetOption(section: $0.0, name: $0.1, value: $0.2) })
        _ = try await fleet(
            "units/\(unit)", method: "PUT", body: String(decoding: JSONEncoder().encode(body), as: UTF8.self))
    }
}
