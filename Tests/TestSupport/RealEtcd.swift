import Glibc
import Synchronization

/// A real etcd of one member (Debian's `/usr/bin/etcd`) on free loopback ports, with its data in a temporary directory.
/// It keeps ports and data over `kill` and `restart`, and is gone when the last reference goes.
public final class RealEtcd: Sendable {
    /// PEM files for clients; peers speak plain HTTP, there are none.
    public struct TLS: Sendable {
        public var ca: String
        public var certificate: String
        public var key: String
        public var requiresClientCertificate: Bool

        public init(ca: String, certificate: String, key: String, requiresClientCertificate: Bool) {
            self.ca = ca
            self.certificate = certificate
            self.key = key
            self.requiresClientCertificate = requiresClientCertificate
        }
    }

    public let clientPort: Int
    private let peerPort: Int
    private let tls: TLS?
    private let extraArguments: [String]
    private let directory: TemporaryDirectory
    private let child = Mutex<ChildProcess?>(nil)

    /// Where clients connect.
    public var url: String { "\(tls == nil ? "http" : "https")://127.0.0.1:\(clientPort)" }

    /// Starts etcd and returns when it serves requests.
    public static func start(tls: TLS? = nil, extraArguments: [String] = []) async throws -> RealEtcd {
        let etcd = try RealEtcd(tls: tls, extraArguments: extraArguments)
        try await etcd.restart()
        return etcd
    }

    private init(tls: TLS?, extraArguments: [String]) throws {
        self.tls = tls
        self.extraArguments = extraArguments
        directory = try TemporaryDirectory()
        clientPort = try freePort()
        peerPort = try freePort()
    }

    /// Starts it again after `kill`, on the same ports and data.
    public func restart() async throws {
        let child = try ChildProcess(arguments)
        self.child.withLock { $0 = child }
        // etcd's own word; the port is open earlier, but a request would wait there for the election.
        try await eventually("etcd serves clients", deadline: .seconds(30)) {
            !child.isRunning || child.output.contains("serving client traffic")
        }
        guard child.isRunning else { throw EtcdEnded(output: child.output) }
    }

    /// Ends it at once, as a power cut does. The data stays for `restart`.
    public func kill() async throws {
        guard let child = child.withLock({ $0.take() }) else { return }
        child.signal(SIGKILL)
        try await child.waitForExit()
    }

    /// Stops it in the middle of whatever it does: connections stay open and are still accepted by the kernel, nothing is answered.
    public func freeze() { child.withLock { $0 }?.freeze() }

    /// Lets it run on after `freeze`.
    public func thaw() { child.withLock { $0 }?.signal(SIGCONT) }

    /// What it has logged since its last start.
    public var output: String { child.withLock { $0 }?.output ?? "" }

    private var arguments: [String] {
        let peer = "http://127.0.0.1:\(peerPort)"
        var arguments = [
            "etcd", "--name", "t", "--data-dir", directory.file("data"), "--logger", "zap", "--log-outputs", "stderr",
            "--listen-client-urls", url, "--advertise-client-urls", url, "--listen-peer-urls", peer,
            "--initial-advertise-peer-urls", peer, "--initial-cluster", "t=\(peer)",
            "--heartbeat-interval", "50", "--election-timeout", "500",
        ]
        if let tls {
            arguments += ["--cert-file", tls.certificate, "--key-file", tls.key, "--trusted-ca-file", tls.ca]
            if tls.requiresClientCertificate { arguments.append("--client-cert-auth") }
        }
        return arguments + extraArguments
    }
}

/// etcd ended instead of serving.
public struct EtcdEnded: Error, CustomStringConvertible {
    public let output: String
    public var description: String { "etcd ended:\n\(output.suffix(4000))" }
}
