import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// The table of exit statuses; 2, 65 and 77 stand with what they are about.
@Suite struct ExitStatusTests {
    @Test(
        "64: wrong usage is told before anything is looked at",
        arguments: [
            ["plan"], ["apply"], ["plan", "-f", "a.yaml", "--nonsense"], ["nonsense"],
            ["apply", "a.plan", "-f", "a.yaml"],
            ["apply", "-f", "a.yaml", "--timeout", "soon"], ["apply", "-f", "a.yaml", "--allow-destroy", "-1"],
            ["plan", "-f", "-", "-f", "-"], ["plan", "-f", "a.yaml", "-o", "xml"], ["lab", "up"],
        ])
    func usage(_ arguments: [String]) async throws {
        let (status, output) = try await ChildProcess.run(
            [Executable.path] + arguments, environment: Executable.plainEnvironment)
        #expect(status == 64, "\(arguments): \(output)")
        #expect(output.hasPrefix("Error: ") || output.hasPrefix("dialtone: "), "\(output)")
    }

    @Test("64: actions that nobody consented to are not done, and a plan without any needs no consent")
    func consent() async throws {
        try await LabSession.run { lab in
            let file = try lab.write(ManifestText(nodes: 1, replicas: 0))
            let refused = try await lab.dialtone("apply", "-f", file)
            #expect(refused.status == 64, "\(refused)")
            #expect(refused.stderr.contains("--yes"), "\(refused)")
            #expect(try await lab.domains() == ["test"])
            let applied = try await lab.dialtone("apply", "-f", file, "--yes")
            #expect(applied.status == 0, "\(applied)")
            let nothing = try await lab.dialtone("apply", "-f", file)
            #expect(nothing.status == 0, "\(nothing)")
        }
    }

    @Test("69: a system that cannot be reached is named, with what was tried, after what can be known")
    func unreachable() async throws {
        try await LabSession.run { lab in
            let file = try lab.write(ManifestText(nodes: 1, replicas: 1))
            let nobody = "http://127.0.0.1:\(try freePort())"
            for command in [["plan"], ["apply", "--yes"], ["status"], ["destroy", "--yes"]] {
                let output = try await lab.dialtone(command + ["-f", file, "--fleet", nobody])
                #expect(output.status == 69, "\(output)")
                #expect((output.stdout + output.stderr).contains(nobody), "\(output)")
            }
        }
    }

    @Test(
        "1: an action that fails is told with the system's words; once mended, a second apply goes on where it was (P1)"
    )
    func failed() async throws {
        try await LabSession.run { lab in
            let manifest = ManifestText(nodes: 2, replicas: 1)
            // Where the lab keeps volumes' contents stands a file.
            let volumes = "\(lab.directory)/volumes"
            try FileManager.default.moveItem(atPath: volumes, toPath: lab.files.file("kept"))
            try lab.files.write("", to: "lab/volumes")
            let failed = try await lab.apply(manifest, status: 1)
            #expect(failed.stderr.contains("Failed: "), "\(failed)")
            #expect(failed.stderr.contains("the lab cannot keep its content"), "\(failed)")
            try FileManager.default.removeItem(atPath: volumes)
            try FileManager.default.moveItem(atPath: lab.files.file("kept"), toPath: volumes)
            try await lab.apply(manifest)
            try await lab.expectConverged(manifest)
            let destroyed = try await lab.dialtone("destroy", "-f", "cluster.yaml", "--yes")
            #expect(destroyed.status == 0, "\(destroyed)")
            #expect(try await lab.volumes() == [])
        }
    }

    @Test("75: what has not converged in time is told, with what is left; the next apply goes on")
    func notInTime() async throws {
        try await LabSession.run { lab in
            let manifest = ManifestText(nodes: 1, replicas: 1)
            // Somebody has the port of the first instance.
            let port = try UDPPort(address: "\(await lab.networkPrefix()).11", port: 5060)
            let late = try await lab.apply(manifest, "--timeout", "2s", status: 75)
            #expect(late.stderr.contains("Not converged in time"), "\(late)")
            #expect(late.stderr.contains("instance e2e-asterisk-1 starts and registers"), "\(late)")
            port.release()
            try await lab.apply(manifest)
        }
    }

    @Test("73: another controller that renews its lease is named; nothing is done in its place")
    func otherLeader() async throws {
        try await LabSession.run { lab in
            let manifest = ManifestText(nodes: 1, replicas: 0)
            let grant = try await lab.etcdctl("lease", "grant", "10")
            let lease = try #require(grant.split(separator: " ").dropFirst().first.map(String.init))
            let renewer = try ChildProcess(
                ["etcdctl", "--endpoints", lab.etcd, "lease", "keep-alive", lease], environment: ["ETCDCTL_API": "3"])
            try await lab.etcdctl(
                "put", "/dialtone/e2e/leader", "--lease", lease,
                #"{"schema":1,"name":"elsewhere","pid":4711,"since":"2026-01-01T00:00:00.000Z"}"#)
            let refused = try await lab.apply(manifest, status: 73)
            #expect(refused.stderr.contains("elsewhere (pid 4711"), "\(refused)")
            #expect(try await lab.domains() == ["test"])
            try await renewer.stop()
        }
    }
}

/// A UDP port that is taken.
private final class UDPPort {
    private var descriptor: Int32

    init(address: String, port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        guard inet_pton(AF_INET, address, &name.sin_addr) == 1 else {
            throw TestCall.Failed(what: "no address: \(address)")
        }
        let result = withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw TestCall.Failed(what: "bind \(address):\(port): errno \(errno)") }
    }

    func release() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    deinit { release() }
}
