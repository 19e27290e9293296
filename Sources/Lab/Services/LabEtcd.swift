import FoundationEssentials
import Glibc
import HTTPTransport

/// A real etcd of one member on free loopback ports.
struct LabEtcd: Sendable {
    let child: LabChild
    let url: String

    /// Returns once it serves clients. A port that another took meanwhile is tried again with another.
    static func start(_ layout: LabLayout, environment: [String: String]) async throws(LabError) -> LabEtcd {
        var last: LabError?
        for _ in 0..<5 {
            let clients = "http://127.0.0.1:\(try LabPorts.free())"
            let peers = "http://127.0.0.1:\(try LabPorts.free())"
            let child = try LabChild(
                name: "etcd",
                command: [
                    "etcd", "--name", "lab", "--data-dir", layout.etcd, "--logger", "zap", "--log-outputs", "stderr",
                    "--listen-client-urls", clients, "--advertise-client-urls", clients,
                    "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers,
                    "--initial-cluster", "lab=\(peers)",
                    // For the keys of kamailio-etcd-dispatcher.
                    "--enable-v2",
                ], environment: environment, log: layout.log("etcd"))
            do throws(LabError) {
                try await waitUntilHealthy(clients, child, layout)
                return LabEtcd(child: child, url: clients)
            } catch {
                await child.stop()
                last = error
            }
        }
        throw last ?? LabError("etcd did not start")
    }

    private static func waitUntilHealthy(
        _ url: String, _ child: LabChild, _ layout: LabLayout
    ) async throws(LabError) {
        let http = HTTPClient()
        let end = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < end {
            if let status = child.exitStatus {
                throw LabError("etcd ended with status \(status); \(LabLogs.tail(layout.log("etcd")))")
            }
            let answer = try? await http.send(HTTPRequest(url: "\(url)/health", timeout: 1))
            if answer?.status == 200 { return }
            guard (try? await Task.sleep(for: .milliseconds(30))) != nil else {
                throw LabError("starting etcd was cancelled")
            }
        }
        throw LabError("etcd at \(url) is not healthy after 20 s; \(LabLogs.tail(layout.log("etcd")))")
    }
}

/// Ports of 127.0.0.1 that nobody uses just now.
enum LabPorts {
    static func free() throws(LabError) -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .system("socket", errno) }
        defer { close(descriptor) }
        return try bind(descriptor, address: INADDR_LOOPBACK, port: 0)
    }

    /// Binds an IPv4 socket; gives the port that it got.
    static func bind(_ descriptor: Int32, address: UInt32, port: UInt16) throws(LabError) -> Int {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = address.bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                Glibc.bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0
            }
        }
        guard isBound else { throw .system("bind", errno) }
        return Int(UInt16(bigEndian: name.sin_port))
    }
}

/// The ends of log files, for errors.
enum LabLogs {
    static func tail(_ path: String) -> String {
        guard let data = FileManager.default.contents(atPath: path), !data.isEmpty else { return "\(path) is empty" }
        return "the end of \(path):\n" + String(decoding: data.suffix(2000), as: UTF8.self)
    }
}
