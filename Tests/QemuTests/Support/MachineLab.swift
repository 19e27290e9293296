import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// A lab with real machines of its own, begun and ended by the built executable.
final class MachineLab: Sendable {
    /// What a program said, and how it ended.
    struct Output: Sendable, CustomStringConvertible {
        var command: [String]
        var status: Int32
        /// Both outputs, in the order of what was said.
        var text: String

        var description: String { "\(command.joined(separator: " "))\nexit \(status)\n\(text)" }
    }

    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    let directory: String
    /// For the test's own files.
    let files: TemporaryDirectory
    let libvirt: String
    let etcd: String
    /// What answers for images by their tags: what a real Asterisk says of itself, or, where there is none, our own endpoint with the tag.
    let versions: [String: String]
    /// Ends the lab when this process is gone and could not do it.
    private let guardian: ChildProcess

    /// Where `make node-image` leaves the image.
    static let image: String = {
        let environment = ProcessInfo.processInfo.environment
        let caches = environment["XDG_CACHE_HOME"] ?? Home.path + "/.cache"
        return environment["DIALTONE_NODE_IMAGE"] ?? caches + "/dialtone/node-image"
    }()

    /// Why there can be no such lab here; `nil`: there can.
    static let lack: String? = {
        guard geteuid() == 0 else { return "real machines need root" }
        for program in ["qemu-system-x86_64", "qemu-img", "dnsmasq", "iptables", "virsh"]
        where !["/usr/bin", "/usr/sbin"].contains(where: { access("\($0)/\(program)", X_OK) == 0 }) {
            return "\(program) is not installed (scripts/install-packages)"
        }
        return access("\(image)/current/base.qcow2", R_OK) == 0 ? nil : "there is no node image (make node-image)"
    }()

    /// Whether the tests are run: all is there, or has to be.
    static let isExpected = lack == nil || Requirement.machines.isDemanded

    /// Begins a lab, runs `body`, and ends the lab whatever happens; nothing of it may be left.
    static func run(_ body: (MachineLab) async throws -> Void) async throws {
        let lab = try await MachineLab()
        do {
            try await body(lab)
            try await lab.down()
        } catch {
            try? await lab.down()
            throw error
        }
    }

    init() async throws {
        if let lack = Self.lack { throw Failed(description: lack) }
        files = try TemporaryDirectory()
        directory = files.file("lab")
        guardian = try ChildProcess([
            "sh", "-c", #"while kill -0 "$1" 2>/dev/null; do sleep 1; done; "$2" lab down --dir "$3"; rm -rf "$4""#,
            "guardian", "\(getpid())", Self.executable, directory, files.path,
        ])
        let up = try await Self.run(
            [Self.executable, "lab", "up", "--hypervisor", "qemu", "--kamailio", "0", "--dir", directory]
                + ["--asterisk", RealAsterisk.isExpected ? "real" : "own"])
        guard up.status == 0 else { throw Failed(description: up.description) }
        var variables: [String: String] = [:]
        for line in readText("\(directory)/lab.env").split(separator: "\n") {
            let sides = line.split(separator: "=", maxSplits: 1)
            if sides.count == 2 { variables[String(sides[0])] = String(sides[1].dropFirst().dropLast()) }
        }
        libvirt = variables["DIALTONE_LIBVIRT"] ?? ""
        etcd = variables["DIALTONE_ETCD"] ?? ""
        var versions: [String: String] = [:]
        for tag in ["16.28", "22.10"] {
            versions[tag] = RealAsterisk.isExpected ? try await RealAsterisk.version(String(tag.prefix(2))) : tag
        }
        self.versions = versions
    }

    func down() async throws {
        let down = try await Self.run([Self.executable, "lab", "down", "--dir", directory])
        try await guardian.stop()
        #expect(down.status == 0, "\(down)")
        #expect(access(directory, F_OK) != 0, "the lab's directory is still there")
    }

    /// The executable that was built beside the tests.
    static let executable: String = {
        // The test bundle is a program of its own, in the same directory.
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return bundle.prefix(through: bundle.lastIndex(of: "/") ?? bundle.startIndex) + "dialtone"
    }()

    /// `dialtone COMMAND -f lab.yaml -f MANIFEST ...`: here the manifest comes on top of what the lab decides.
    @discardableResult
    func dialtone(
        _ command: String, _ manifest: Manifest, _ more: String..., status: Int32? = 0,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Output {
        let output = try await Self.run(self.command(command, manifest) + more)
        if let status { #expect(output.status == status, "\(output)", sourceLocation: sourceLocation) }
        return output
    }

    /// The same, begun and not waited for.
    func begin(_ command: String, _ manifest: Manifest, _ more: String...) throws -> ChildProcess {
        try ChildProcess(self.command(command, manifest) + more, environment: Self.environment)
    }

    private func command(_ command: String, _ manifest: Manifest) throws -> [String] {
        let path = try files.write(manifest.text, to: "cluster.yaml")
        return [Self.executable, command, "-f", "\(directory)/lab.yaml", "-f", path]
    }

    /// `virsh`; throws when it fails.
    @discardableResult
    func virsh(_ arguments: String...) async throws -> String {
        let output = try await Self.run(["virsh", "-q", "-c", libvirt] + arguments)
        guard output.status == 0 else { throw Failed(description: output.description) }
        return output.text
    }

    /// Runs a command in the network and mounts of the lab's machines.
    @discardableResult
    func inside(_ command: String...) async throws -> Output {
        let holder = try #require(try pid(of: "namespace"))
        return try await Self.run(["nsenter", "--target", "\(holder)", "--net", "--mount", "--"] + command)
    }

    /// The process of the lab that has this name; `nil`: none has.
    func pid(of name: String) throws -> Int32? { try Self.pid(of: name, in: directory) }

    static func pid(of name: String, in directory: String) throws -> Int32? {
        struct Record: Decodable {
            struct Child: Decodable {
                struct Process: Decodable {
                    var pid: Int32
                }
                var name: String
                var process: Process
            }
            var supervisor: Child.Process?
            var children: [Child]
        }
        let record = try JSONDecoder().decode(Record.self, from: Data(readText("\(directory)/lab.json").utf8))
        if name == "supervisor" { return record.supervisor?.pid }
        return record.children.last { $0.name == name }?.process.pid
    }

    /// The commands of processes that carry a lab's id in their environment or see a mount of it.
    static func leftovers(of id: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.filter { Int32($0) != nil }.filter { pid in
            ["environ", "mountinfo"].contains { file in
                FileManager.default.contents(atPath: "/proc/\(pid)/\(file)")?.firstRange(of: Data(id.utf8)) != nil
            }
        }.map { "\($0) \(readText("/proc/\($0)/cmdline"))" }
    }

    /// Nothing of the user's own settings; an empty variable is none.
    private static let environment = [
        "DIALTONE_LIBVIRT": "", "DIALTONE_ETCD": "", "DIALTONE_FLEET": "", "DIALTONE_LAB": "", "TERM": "dumb",
    ]

    static func run(_ command: [String]) async throws -> Output {
        // Machines are emulated on cores that others use too.
        let (status, text) = try await ChildProcess.run(command, environment: environment, deadline: .seconds(180))
        return Output(command: command, status: status, text: text)
    }
}

/// The user's home, as the C library knows it.
private enum Home {
    static var path: String { getenv("HOME").map { String(cString: $0) } ?? "/root" }
}
