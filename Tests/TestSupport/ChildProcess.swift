import FoundationEssentials
import Glibc
import Synchronization

/// A program started by a test: its two outputs go to one file, it is ended by its pid, and at the latest when the last reference goes.
public final class ChildProcess: Sendable {
    public let pid: pid_t
    public let command: [String]
    /// Where standard output and standard error went.
    public let outputPath: String
    private let directory: TemporaryDirectory
    /// The exit status as waitpid gave it, once the child was reaped. The lock also keeps signals from a pid that is reaped already.
    private let waitStatus = Mutex<Int32?>(nil)

    /// Starts `command`; its first word is looked up in PATH. `environment` is added to our own.
    public init(_ command: [String], environment: [String: String] = [:], workingDirectory: String? = nil) throws {
        // env(1) changes directory and then becomes the program, under the same pid.
        let command = workingDirectory.map { ["env", "-C", $0] + command } ?? command
        guard let program = command.first else { throw SystemCallFailed("posix_spawnp of nothing", code: EINVAL) }
        directory = try TemporaryDirectory()
        outputPath = directory.file("output")
        self.command = command

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, outputPath, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // A listening socket that a child inherited would stay open after the test closed it. One that is gone by then is no error.
        for descriptor in 3...Self.highestDescriptor() { posix_spawn_file_actions_addclose(&actions, descriptor) }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own (an interrupt typed at the test run is not for the child), and no signal blocked or ignored by inheritance.
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        posix_spawnattr_setpgroup(&attributes, 0)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var defaults = sigset_t()
        sigemptyset(&defaults)
        sigaddset(&defaults, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &defaults)

        var child: pid_t = 0
        let code = Self.withCStrings(command) { arguments in
            Self.withCStrings(Self.environment(adding: environment)) { variables in
                posix_spawnp(&child, program, &actions, &attributes, arguments, variables)
            }
        }
        guard code == 0 else { throw SystemCallFailed("start \(command.joined(separator: " "))", code: code) }
        pid = child
    }

    /// All that it has printed so far, on both outputs.
    public var output: String { readText(outputPath) }

    /// Whether it has not ended yet; a stopped (SIGSTOP) child is running too.
    public var isRunning: Bool { exitStatus == nil }

    /// Its exit status once it has ended, as a shell gives it (128 + the signal that ended it).
    public var exitStatus: Int32? {
        waitStatus.withLock { known in
            if known == nil {
                var status: Int32 = 0
                if waitpid(pid, &status, WNOHANG) == pid { known = status }
            }
            return known.map { $0 & 0x7f == 0 ? ($0 >> 8) & 0xff : 128 + ($0 & 0x7f) }
        }
    }

    /// Stops it, and returns when all of it has stopped: a thread that is in the middle of something may take a moment.
    public func freeze() {
        signal(SIGSTOP)
        let end = ContinuousClock.now + .seconds(5)
        while isRunning, !isStopped, ContinuousClock.now < end { usleep(1000) }
    }

    /// By proc(5): every thread is in state T.
    private var isStopped: Bool {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
        return threads.allSatisfy { thread in
            // The name stands in parentheses before the state, and may hold any character.
            let stat = readText("/proc/\(pid)/task/\(thread)/stat")
            guard let name = stat.lastIndex(of: ")") else { return true }
            return stat[name...].dropFirst(2).first == "T"
        }
    }

    /// Sends a signal to the child itself; nothing happens once it has ended.
    public func signal(_ number: Int32) {
        guard isRunning else { return }
        kill(pid, number)
    }

    /// Waits until the child has ended by itself, and gives its exit status.
    @discardableResult
    public func waitForExit(deadline: Duration = .seconds(10)) async throws -> Int32 {
        try await eventually("\(command.joined(separator: " ")) ends", deadline: deadline) { self.exitStatus }
    }

    /// Asks with SIGTERM, waits for `grace`, then kills. Returns the exit status.
    @discardableResult
    public func stop(grace: Duration = .seconds(5)) async throws -> Int32 {
        signal(SIGTERM)
        signal(SIGCONT)
        do {
            return try await waitForExit(deadline: grace)
        } catch is NotInTime {
            signal(SIGKILL)
            return try await waitForExit()
        }
    }

    deinit {
        guard isRunning else { return }
        kill(pid, SIGKILL)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
    }

    /// Runs `command` to its end and gives status and output.
    public static func run(
        _ command: [String], environment: [String: String] = [:], deadline: Duration = .seconds(30)
    ) async throws -> (status: Int32, output: String) {
        let child = try ChildProcess(command, environment: environment)
        let status = try await child.waitForExit(deadline: deadline)
        return (status, child.output)
    }

    private static func highestDescriptor() -> Int32 {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return max(names.compactMap { Int32($0) }.max() ?? 0, 255)
    }

    private static func environment(adding more: [String: String]) -> [String] {
        var lines: [String] = []
        var pointer = environ
        while let entry = pointer.pointee {
            let line = String(cString: entry)
            let name = line.prefix { $0 != "=" }
            if more[String(name)] == nil { lines.append(line) }
            pointer = pointer.advanced(by: 1)
        }
        return lines + more.map { "\($0.key)=\($0.value)" }
    }

    private static func withCStrings<Result>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let pointers = strings.map { strdup($0) }
        defer { pointers.forEach { free($0) } }
        return body(pointers + [nil])
    }
}
