import FoundationEssentials
import Glibc
import TestSupport

/// A lab of its own, begun and ended by the built executable, and everything that a test does in it.
///
///     try await LabSession.run { lab in
///         let applied = try await lab.dialtone("apply", "-f", try lab.write(manifest), "--yes")
///     }
final class LabSession: Sendable {
    /// What a program said, and how it ended.
    struct Output: Sendable, CustomStringConvertible {
        var command: [String]
        var status: Int32
        var stdout: String
        var stderr: String

        var description: String {
            "\(command.joined(separator: " "))\nexit \(status)\n--- stdout\n\(stdout)\n--- stderr\n\(stderr)"
        }
    }

    /// The lab's directory, as `--lab` takes it.
    let directory: String
    let libvirt: String
    let etcd: String
    let fleet: String
    /// For the test's own files; outside the lab's directory.
    let files: TemporaryDirectory
    /// Ends the lab when this process is gone and could not do it.
    private let guardian: ChildProcess

    /// Begins a lab, runs `body`, and ends the lab whatever happens.
    ///
    /// - Parameter kamailios: how many deal the calls; with none there is no dispatcher to wait for.
    static func run<Result>(
        kamailios: Int = 0, _ body: (LabSession) async throws -> Result
    ) async throws -> Result {
        let lab = try await LabSession(kamailios: kamailios)
        do {
            let result = try await body(lab)
            try await lab.down()
            return result
        } catch {
            try? await lab.down()
            throw error
        }
    }

    private init(kamailios: Int) async throws {
        files = try TemporaryDirectory()
        directory = files.file("lab")
        guardian = try ChildProcess([
            "sh", "-c", #"while kill -0 "$1" 2>/dev/null; do sleep 1; done; "$2" lab down --dir "$3"; rm -rf "$4""#,
            "guardian", "\(getpid())", Executable.path, directory, files.path,
        ])
        let up = try await Self.execute(
            [Executable.path, "lab", "up", "--dir", directory, "--kamailio", "\(kamailios)"], in: files)
        guard up.status == 0 else { throw UnexpectedOutput(up) }
        var variables: [String: String] = [:]
        for line in readText("\(directory)/lab.env").split(separator: "\n") {
            let sides = line.split(separator: "=", maxSplits: 1)
            if sides.count == 2 { variables[String(sides[0])] = String(sides[1].dropFirst().dropLast()) }
        }
        libvirt = variables["DIALTONE_LIBVIRT"] ?? ""
        etcd = variables["DIALTONE_ETCD"] ?? ""
        fleet = variables["DIALTONE_FLEET"] ?? ""
    }

    private func down() async throws {
        let down = try await Self.execute([Executable.path, "lab", "down", "--dir", directory], in: files)
        try await guardian.stop()
        guard down.status == 0 else { throw UnexpectedOutput(down) }
    }

    // MARK: Dialtone

    /// Runs `dialtone ARGUMENTS` to its end; a command that knows systems gets `--lab` of this lab.
    @discardableResult
    func dialtone(
        _ arguments: String..., environment: [String: String] = [:], deadline: Duration = .seconds(60)
    ) async throws -> Output {
        try await dialtone(arguments, environment: environment, deadline: deadline)
    }

    @discardableResult
    func dialtone(
        _ arguments: [String], environment: [String: String] = [:], deadline: Duration = .seconds(60)
    ) async throws -> Output {
        try await Self.execute(command(arguments), environment: environment, in: files, deadline: deadline)
    }

    /// Starts `dialtone ARGUMENTS` and leaves it running; both its outputs are in `output`.
    func start(_ arguments: String..., environment: [String: String] = [:]) throws -> ChildProcess {
        try start(arguments, environment: environment)
    }

    func start(_ arguments: [String], environment: [String: String] = [:]) throws -> ChildProcess {
        try ChildProcess(
            command(arguments), environment: Executable.plainEnvironment.merging(environment) { $1 },
            workingDirectory: files.path)
    }

    private func command(_ arguments: [String]) -> [String] {
        guard let command = arguments.first else { return [Executable.path] }
        let commands = ["plan", "apply", "run", "status", "destroy", "validate", "drain", "undrain", "canary"]
        let lab = commands.contains(command) && !arguments.contains("--lab") ? ["--lab", directory] : []
        let words = command == "canary" ? 2 : 1
        return [Executable.path] + arguments.prefix(words) + lab + arguments.dropFirst(words)
    }

    /// Writes a manifest for `-f` and gives its path.
    func write(_ manifest: ManifestText, to name: String = "cluster.yaml") throws -> String {
        try files.write(manifest.text, to: name)
    }

    // MARK: Programs that are not ours

    /// `virsh -c URI ARGUMENTS`; throws when it fails.
    @discardableResult
    func virsh(_ arguments: String...) async throws -> String {
        try await successful(["virsh", "-q", "-c", libvirt] + arguments)
    }

    /// `etcdctl ARGUMENTS` with the v3 API; throws when it fails.
    @discardableResult
    func etcdctl(_ arguments: String...) async throws -> String {
        try await successful(["etcdctl", "--endpoints", etcd] + arguments, environment: ["ETCDCTL_API": "3"])
    }

    /// `curl` to fleet's API, `path` after `/fleet/v1/`; throws when it cannot connect or the answer is an error.
    @discardableResult
    func curlFleet(_ path: String, method: String = "GET", body: String? = nil) async throws -> String {
        let socket = fleet.hasPrefix("unix:") ? ["--unix-socket", String(fleet.dropFirst("unix:".count))] : []
        let base = fleet.hasPrefix("unix:") ? "http://fleet" : fleet
        let content = body.map { ["-H", "Content-Type: application/json", "-d", $0] } ?? []
        return try await successful(
            ["curl", "-sS", "--fail-with-body", "-X", method] + socket + content + ["\(base)/fleet/v1/\(path)"])
    }

    @discardableResult
    func successful(_ command: [String], environment: [String: String] = [:]) async throws -> String {
        let output = try await Self.execute(command, environment: environment, in: files)
        guard output.status == 0 else { throw UnexpectedOutput(output) }
        return output.stdout
    }

    /// Runs a command to its end, its two outputs apart.
    private static func execute(
        _ command: [String], environment: [String: String] = [:], in files: TemporaryDirectory,
        deadline: Duration = .seconds(60)
    ) async throws -> Output {
        let errors = try TemporaryDirectory()
        // The shell opens the file and becomes the program, under the same pid.
        let child = try ChildProcess(
            ["sh", "-c", #"exec 2>"$0"; exec "$@""#, errors.file("stderr")] + command,
            environment: Executable.plainEnvironment.merging(environment) { $1 }, workingDirectory: files.path)
        let status = try await child.waitForExit(deadline: deadline)
        return Output(command: command, status: status, stdout: child.output, stderr: readText(errors.file("stderr")))
    }
}

/// A program that did not end as it must; the whole of what it said.
struct UnexpectedOutput: Error, CustomStringConvertible {
    let output: LabSession.Output

    init(_ output: LabSession.Output) {
        self.output = output
    }

    var description: String { output.description }
}

/// The executable that was built beside the tests.
enum Executable {
    static let path: String = {
        // The test bundle is a program of its own, in the same directory.
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return bundle.prefix(through: bundle.lastIndex(of: "/") ?? bundle.startIndex) + "dialtone"
    }()

    /// Nothing of the user's own settings; an empty variable is none.
    static let plainEnvironment = [
        "DIALTONE_LIBVIRT": "", "DIALTONE_ETCD": "", "DIALTONE_FLEET": "", "DIALTONE_LAB": "", "TERM": "dumb",
    ]

    /// Runs `dialtone ARGUMENTS` without any lab.
    static func run(_ arguments: String...) async throws -> (status: Int32, output: String) {
        try await ChildProcess.run([path] + arguments, environment: plainEnvironment)
    }
}
