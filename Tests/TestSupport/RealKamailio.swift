import Glibc
import Synchronization

/// A real Kamailio (Debian's `/usr/sbin/kamailio`) with files of the test's, in a temporary directory. It is gone when the last reference goes.
public final class RealKamailio: Sendable {
    /// Where the files are.
    public let directory: TemporaryDirectory
    public let sipPort: Int
    public let rpcPort: Int
    private let child = Mutex<ChildProcess?>(nil)

    public var listFile: String { directory.file("dispatcher.list") }
    /// Where JSON-RPC answers.
    public var rpc: String { "http://127.0.0.1:\(rpcPort)/RPC" }

    /// Takes ports and a directory; nothing runs yet.
    public init() throws {
        directory = try TemporaryDirectory()
        sipPort = try freePort()
        rpcPort = try freePort()
    }

    /// Whether Kamailio takes the configuration `kamailio.cfg` of the directory; what it said.
    public func check() async throws -> (isAccepted: Bool, output: String) {
        let result = try await ChildProcess.run([Self.program, "-c", "-f", directory.file("kamailio.cfg")])
        return (result.status == 0, result.output)
    }

    /// Starts it with `kamailio.cfg`, and returns when its RPC answers.
    public func start() async throws {
        let child = try ChildProcess([
            Self.program, "-f", directory.file("kamailio.cfg"), "-DD", "-E", "-Y", directory.path,
            "-P", directory.file("kamailio.pid"), "-m", "64", "-M", "8",
        ])
        self.child.withLock { $0 = child }
        let port = rpcPort
        try await eventually("kamailio answers", deadline: .seconds(20)) {
            !child.isRunning || Self.isOpen(port)
        }
        guard child.isRunning else { throw KamailioEnded(output: child.output) }
    }

    /// Of its main process.
    public var pid: pid_t? { child.withLock { $0?.pid } }

    /// Ends it as a service would.
    public func stop() async throws {
        guard let child = child.withLock({ $0.take() }) else { return }
        try await child.stop()
    }

    /// Stops all its processes in the middle of whatever they do.
    public func freeze() { signalAll(SIGSTOP) }
    public func thaw() { signalAll(SIGCONT) }

    /// What it has logged since its last start.
    public var output: String { child.withLock { $0 }?.output ?? "" }

    /// Its main process leads a group of its own.
    private func signalAll(_ number: Int32) {
        guard let pid = child.withLock({ $0?.pid }) else { return }
        kill(-pid, number)
    }

    private static let program = access("/usr/sbin/kamailio", X_OK) == 0 ? "/usr/sbin/kamailio" : "kamailio"

    private static func isOpen(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    deinit {
        // A main process that is killed leaves its children; asked to end, it takes them along.
        guard let child = child.withLock({ $0.take() }), child.isRunning else { return }
        kill(-child.pid, SIGCONT)
        kill(-child.pid, SIGKILL)
    }
}

/// Kamailio ended instead of serving.
public struct KamailioEnded: Error, CustomStringConvertible {
    public let output: String
    public var description: String { "kamailio ended:\n\(output.suffix(4000))" }
}
