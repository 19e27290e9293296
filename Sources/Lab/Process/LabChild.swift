import FoundationEssentials
import Glibc
import Synchronization

/// A program that the lab runs, in a session of its own, with its output in a file.
final class LabChild: Sendable {
    let name: String
    let identity: ProcessIdentity
    /// How it ended, once it has: the status as a shell gives it.
    private let ending = Ending()

    /// Starts `command`, whose first word is a path or is looked up in PATH and `/usr/sbin`.
    ///
    /// - Parameter environment: added to our own.
    init(name: String, command: [String], environment: [String: String], log: String) throws(LabError) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // A listening socket that a child inherited would stay open after us. One that is closed by then is no error.
        for descriptor in 3...LabChild.highestDescriptor() { posix_spawn_file_actions_addclose(&actions, descriptor) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // POSIX_SPAWN_SETSID (0x80, spawn.h; only with _GNU_SOURCE): an interrupt typed at the terminal is not for it.
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | 0x80
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var defaults = sigset_t()
        sigemptyset(&defaults)
        for number in [SIGPIPE, SIGTERM, SIGINT, SIGHUP] { sigaddset(&defaults, number) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        let program = LabChild.path(of: command[0])
        var child: pid_t = 0
        let code = LabChild.withCStrings(command) { arguments in
            LabChild.withCStrings(LabChild.environment(adding: environment)) { variables in
                posix_spawn(&child, program, &actions, &attributes, arguments, variables)
            }
        }
        guard code == 0 else { throw .system("start \(command.joined(separator: " "))", code) }
        let pid = child
        guard let identity = ProcessIdentity(pid: pid) else {
            throw LabError("started \(program) as \(pid), and /proc knows nothing of it: is /proc mounted?")
        }
        self.name = name
        self.identity = identity
        try LabThread.start { [ending] in
            var status: Int32 = 0
            while waitpid(pid, &status, 0) == -1, errno == EINTR {}
            ending.finish(status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f))
        }
    }

    /// Its exit status, once it has ended.
    var exitStatus: Int32? { ending.status }

    /// Waits until it has ended by itself.
    func waitForExit() async -> Int32 {
        await ending.wait()
    }

    /// Asks it with SIGTERM to end, waits for `grace`, then kills it.
    func stop(grace: Duration = .seconds(5)) async {
        identity.signal(SIGTERM)
        // One that is stopped (SIGSTOP) would not hear.
        identity.signal(SIGCONT)
        if await !identity.waitForEnd(grace) { identity.signal(SIGKILL) }
        _ = await ending.wait()
    }

    /// Ends it at once.
    func kill() async {
        identity.signal(SIGKILL)
        _ = await ending.wait()
    }

    /// The file of a program: an ordinary user's PATH may lack the directory of daemons.
    static func path(of program: String) -> String {
        guard !program.contains("/") else { return program }
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        let directories = path.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin"]
        return directories.map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 } ?? program
    }

    private static func highestDescriptor() -> Int32 {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return max(names.compactMap { Int32($0) }.max() ?? 0, 63)
    }

    private static func environment(adding more: [String: String]) -> [String] {
        var lines: [String] = []
        var pointer = environ
        while let entry = pointer.pointee {
            let line = String(cString: entry)
            if more[String(line.prefix { $0 != "=" })] == nil { lines.append(line) }
            pointer = pointer.advanced(by: 1)
        }
        return lines + more.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    }

    private static func withCStrings<Result>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let pointers = strings.map { strdup($0) }
        defer { pointers.forEach { free($0) } }
        return body(pointers + [nil])
    }
}

/// The end of a child, which several may wait for.
private final class Ending: Sendable {
    private enum State {
        case running([CheckedContinuation<Int32, Never>])
        case ended(Int32)
    }

    private let state = Mutex(State.running([]))

    var status: Int32? {
        state.withLock { if case .ended(let status) = $0 { status } else { nil } }
    }

    func finish(_ status: Int32) {
        let waiting = state.withLock { state in
            guard case .running(let waiting) = state else { return [CheckedContinuation<Int32, Never>]() }
            state = .ended(status)
            return waiting
        }
        for continuation in waiting { continuation.resume(returning: status) }
    }

    func wait() async -> Int32 {
        await withCheckedContinuation { continuation in
            let status: Int32? = state.withLock { state in
                switch state {
                case .ended(let status): return status
                case .running(let waiting):
                    state = .running(waiting + [continuation])
                    return nil
                }
            }
            if let status { continuation.resume(returning: status) }
        }
    }
}
