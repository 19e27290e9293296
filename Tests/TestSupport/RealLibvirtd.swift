import FoundationEssentials
import Glibc
import Synchronization

/// A real libvirtd with sockets, configuration and state of its own in a temporary directory, gone when the last reference goes.
///
/// As root the daemon's paths are compiled in, so it gets a mount namespace where they are bound to the temporary directory. An ordinary user's
/// daemon takes them from the environment. State of the test driver lives as long as one connection to it is open, at most as long as the daemon.
public final class RealLibvirtd: Sendable {
    /// Whether the daemon runs as root: only then has it a `qemu:///system`.
    public let isPrivileged: Bool
    private let isTraced: Bool
    private let directory: TemporaryDirectory
    private let child = Mutex<ChildProcess?>(nil)

    private static let compiledIn = [
        "etc": "/etc/libvirt", "lib": "/var/lib/libvirt", "run": "/run/libvirt", "log": "/var/log/libvirt",
        "cache": "/var/cache/libvirt",
    ]
    /// Debian's `nobody`, who stands for an ordinary user in a test run of root's.
    private static let nobody = 65534

    /// libvirt's test driver behind the daemon.
    public var testURI: String { "test+unix:///default?socket=\(socketPath)" }
    /// The QEMU driver behind the daemon.
    public var qemuURI: String { "qemu+unix:///\(isPrivileged ? "system" : "session")?socket=\(socketPath)" }
    public var socketPath: String { directory.file("sock/libvirt-sock") }
    /// Where libvirtd logs to.
    public var logPath: String { directory.file("libvirtd.log") }

    /// Starts libvirtd and returns when it answers.
    ///
    /// - Parameters:
    ///   - ordinaryUser: as an ordinary user even when the tests run as root.
    ///   - isTraced: every call to libvirt's API is a line of the log, with the function's name.
    public static func start(
        asOrdinaryUser ordinaryUser: Bool = false, isTraced: Bool = false
    ) async throws -> RealLibvirtd {
        let daemon = try RealLibvirtd(isPrivileged: geteuid() == 0 && !ordinaryUser, isTraced: isTraced)
        try await daemon.restart()
        return daemon
    }

    private init(isPrivileged: Bool, isTraced: Bool) throws {
        self.isPrivileged = isPrivileged
        self.isTraced = isTraced
        directory = try TemporaryDirectory()
        for name in Array(Self.compiledIn.keys) + ["sock"] {
            guard mkdir(directory.file(name), 0o755) == 0 else { throw SystemCallFailed("mkdir \(name)") }
        }
        try directory.write(configuration, to: "libvirtd.conf")
        try directory.write(qemuConfiguration, to: "etc/qemu.conf")
        try directory.write(inner, to: "inner.sh", mode: 0o755)
        guard !isPrivileged, geteuid() == 0 else { return }
        for name in Array(Self.compiledIn.keys) + ["sock", ""] {
            guard chown(directory.file(name), uid_t(Self.nobody), gid_t(Self.nobody)) == 0 else {
                throw SystemCallFailed("chown \(name)")
            }
        }
    }

    /// Starts it again after `kill`, on the same paths.
    public func restart() async throws {
        // A killed daemon leaves its socket: the path alone says nothing.
        unlink(socketPath)
        let child = try ChildProcess(command, environment: environment)
        self.child.withLock { $0 = child }
        let path = socketPath
        // It may listen before its drivers are up; the first call waits for them.
        try await eventually("libvirtd listens", deadline: .seconds(30)) {
            !child.isRunning || Self.answers(path)
        }
        guard child.isRunning else { throw LibvirtdEnded(output: child.output + readText(logPath)) }
    }

    /// Ends it at once.
    public func kill() async throws {
        guard let child = child.withLock({ $0.take() }) else { return }
        child.signal(SIGKILL)
        try await child.waitForExit()
    }

    /// Stops it in the middle of whatever it does: the kernel still takes connections, nothing is answered.
    public func freeze() { child.withLock { $0 }?.freeze() }

    /// Lets it run on after `freeze`.
    public func thaw() { child.withLock { $0 }?.signal(SIGCONT) }

    private var command: [String] {
        let daemon = ["libvirtd", "--config", directory.file("libvirtd.conf"), "--pid-file", directory.file("pid")]
        if isPrivileged {
            return ["unshare", "--mount", "--propagation", "private", directory.file("inner.sh")] + daemon
        }
        guard geteuid() == 0 else { return daemon }
        return ["setpriv", "--reuid=\(Self.nobody)", "--regid=\(Self.nobody)", "--clear-groups"] + daemon
    }

    private var environment: [String: String] {
        var environment = ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
        if !isPrivileged {
            environment["HOME"] = directory.path
            environment["XDG_CONFIG_HOME"] = directory.file("etc")
            environment["XDG_RUNTIME_DIR"] = directory.file("run")
            environment["XDG_CACHE_HOME"] = directory.file("cache")
            environment["XDG_DATA_HOME"] = directory.file("lib")
        }
        return environment
    }

    private var configuration: String {
        """
        unix_sock_dir = "\(directory.file("sock"))"
        unix_sock_rw_perms = "0700"
        auth_unix_ro = "none"
        auth_unix_rw = "none"
        \(isTraced ? #"log_filters = "1:libvirt.""# : "")
        log_outputs = "\(isTraced ? 1 : 3):file:\(logPath)"
        host_uuid = "\(UUID().uuidString.lowercased())"
        max_clients = 200

        """
    }

    private var qemuConfiguration: String {
        """
        user = "root"
        group = "root"
        dynamic_ownership = 0
        remember_owner = 0
        security_driver = "none"
        namespaces = []
        cgroup_controllers = []
        stdio_handler = "file"

        """
    }

    /// Run inside the mount namespace: binds the paths, and sees to the user without whom the QEMU driver, and libvirtd with it, does not start
    /// (`libvirt-qemu`, made by Debian's libvirt-daemon-system, which is more than a test needs).
    private var inner: String {
        let mounts = Self.compiledIn.sorted { $0.key < $1.key }.map { name, path in
            "mkdir -p \(path)\nmount --bind \(directory.file(name)) \(path)\n"
        }
        return """
            #!/bin/sh
            set -e
            lend() {
                cp "/etc/$1" "\(directory.path)/$1"
                echo "$2" >> "\(directory.path)/$1"
                mount --bind "\(directory.path)/$1" "/etc/$1"
            }
            \(mounts.joined())
            getent passwd libvirt-qemu || lend passwd libvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin
            getent group libvirt-qemu || lend group libvirt-qemu:x:64055:
            exec "$@"

            """
    }

    private static func answers(_ path: String) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }
}

/// libvirtd ended instead of listening.
public struct LibvirtdEnded: Error, CustomStringConvertible {
    public let output: String
    public var description: String { "libvirtd ended:\n\(output.suffix(4000))" }
}
