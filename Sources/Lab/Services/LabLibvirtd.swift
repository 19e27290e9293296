import FoundationEssentials
import Glibc
import Libvirt

/// A real libvirtd with a socket directory of its own, for libvirt's test driver alone.
///
/// It is given an empty directory of drivers, so that it touches no network, firewall or machine of this host; the test driver is part of libvirt's library.
struct LabLibvirtd: Sendable {
    let child: LabChild
    let uri: String
    /// Keeps the test driver's state: it lives as long as one connection is open.
    let connection: LibvirtConnection

    /// Returns once it answers.
    static func start(_ layout: LabLayout, environment: [String: String]) async throws(LabError) -> LabLibvirtd {
        let configuration = layout.libvirt + "/libvirtd.conf"
        let log = layout.log("libvirtd")
        // Of libvirt's own modules (`libvirt.domain`, `libvirt.storage`, ...) every call is a line with the function's name, so that what was
        // written to libvirt is proved from outside; of all others warnings.
        let lines = [
            "unix_sock_dir = \"\(layout.sockets)\"", "unix_sock_rw_perms = \"0700\"", "auth_unix_ro = \"none\"",
            "auth_unix_rw = \"none\"", "log_level = 3",
            "log_filters = \"1:libvirt.\"", "log_outputs = \"1:file:\(log)\"",
            "host_uuid = \"\(UUID().uuidString.lowercased())\"",
            "max_clients = 200", "max_client_requests = 100", "keepalive_interval = 5", "keepalive_count = 3",
        ]
        try LabFile.replace(configuration, with: Array((lines.joined(separator: "\n") + "\n").utf8))
        // A killed daemon leaves its sockets, and a wait for the path alone would lie.
        for name in ["libvirt-sock", "libvirt-sock-ro", "libvirt-admin-sock"] { unlink("\(layout.sockets)/\(name)") }
        let child = try LabChild(
            name: "libvirtd", command: command(layout, configuration: configuration),
            environment: environment.merging(variables(layout)) { $1 }, log: layout.log("libvirtd-output"))
        let uri = "test+unix:///default?socket=\(layout.libvirtSocket)"
        let connection = LibvirtConnection(uri: uri)
        let end = ContinuousClock.now + .seconds(20)
        var last = "no attempt"
        while ContinuousClock.now < end, child.exitStatus == nil, !Task.isCancelled {
            if access(layout.libvirtSocket, F_OK) == 0 {
                do throws(LibvirtError) {
                    _ = try await connection.driver()
                    return LabLibvirtd(child: child, uri: uri, connection: connection)
                } catch {
                    last = error.description
                }
            }
            try? await Task.sleep(for: .milliseconds(30))
        }
        await child.stop()
        throw LabError(
            "libvirtd does not answer on \(layout.libvirtSocket): \(last); \(LabLogs.tail(layout.log("libvirtd-output")))"
        )
    }

    private static func command(_ layout: LabLayout, configuration: String) -> [String] {
        let daemon = [
            LabChild.path(of: "libvirtd"), "--config", configuration, "--pid-file", layout.libvirt + "/libvirtd.pid",
        ]
        guard geteuid() == 0 else { return daemon }
        // As root its run directory is compiled in: /run is its own, in a mount namespace that ends with it.
        return [
            "unshare", "--mount", "--propagation", "private", "sh", "-c",
            #"mount --bind "$1" /run && shift && exec "$@""#,
            "sh", layout.libvirt + "/run",
        ] + daemon
    }

    private static func variables(_ layout: LabLayout) -> [String: String] {
        let xdg = layout.libvirt + "/xdg"
        return [
            "LIBVIRT_DRIVER_DIR": layout.libvirt + "/drivers", "HOME": xdg, "XDG_CONFIG_HOME": xdg + "/config",
            "XDG_CACHE_HOME": xdg + "/cache", "XDG_DATA_HOME": xdg + "/data", "XDG_RUNTIME_DIR": xdg + "/run",
        ]
    }
}
