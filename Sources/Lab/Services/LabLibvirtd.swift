import FoundationEssentials
import Glibc
import Libvirt

/// A real libvirtd with a socket directory of its own.
///
/// For the test driver it is given an empty directory of drivers, so that it touches no network, firewall or machine of this host; the test
/// driver is part of libvirt's library. For QEMU it runs in the lab's own namespace.
actor LabLibvirtd {
    nonisolated let uri: String
    /// Keeps the test driver's state, which lives as long as one connection is open.
    nonisolated let connection: LibvirtConnection
    private(set) var child: LabChild
    private let layout: LabLayout
    private let command: [String]
    private let environment: [String: String]

    /// Returns once it answers.
    ///
    /// - Parameter namespace: where QEMU's machines are to run; `nil` for the test driver.
    static func start(
        _ layout: LabLayout, environment: [String: String], in namespace: LabNamespace? = nil
    ) async throws(LabError) -> LabLibvirtd {
        let configuration = layout.libvirt + "/libvirtd.conf"
        // Of libvirt's own modules (`libvirt.domain`, `libvirt.storage`, ...) every call is a line with the function's name, so that what was
        // written to libvirt is proved from outside; of all others warnings.
        let lines = [
            "unix_sock_dir = \"\(layout.sockets)\"", "unix_sock_rw_perms = \"0700\"", "auth_unix_ro = \"none\"",
            "auth_unix_rw = \"none\"", "log_level = 3",
            "log_filters = \"1:libvirt.\"", "log_outputs = \"1:file:\(layout.log("libvirtd"))\"",
            "host_uuid = \"\(UUID().uuidString.lowercased())\"",
            "max_clients = 200", "max_client_requests = 100", "keepalive_interval = 5", "keepalive_count = 3",
        ]
        try LabFile.replace(configuration, with: Array((lines.joined(separator: "\n") + "\n").utf8))
        let daemon = [
            LabChild.path(of: "libvirtd"), "--config", configuration, "--pid-file", layout.libvirt + "/libvirtd.pid",
        ]
        let libvirtd =
            if let namespace {
                try LabLibvirtd(
                    layout, driver: "qemu+unix:///system", command: namespace.enter + daemon, environment: environment)
            } else {
                try LabLibvirtd(
                    layout, driver: "test+unix:///default", command: testDriver(daemon, layout),
                    environment: environment.merging(variables(layout)) { $1 })
            }
        try await libvirtd.waitUntilAnswering()
        return libvirtd
    }

    private init(
        _ layout: LabLayout, driver: String, command: [String], environment: [String: String]
    ) throws(LabError) {
        self.layout = layout
        self.command = command
        self.environment = environment
        uri = "\(driver)?socket=\(layout.libvirtSocket)"
        connection = LibvirtConnection(uri: uri)
        child = try LabLibvirtd.spawn(command, environment, layout)
    }

    /// Starts it anew after it ended. QEMU's machines, networks and pools are as they were; the test driver's are gone.
    func restart() throws(LabError) -> LabChild {
        child = try LabLibvirtd.spawn(command, environment, layout)
        return child
    }

    /// Ends it at once, also where it hangs: whoever waits for its answer is let go.
    func end() async {
        await child.kill()
    }

    private static func spawn(
        _ command: [String], _ environment: [String: String], _ layout: LabLayout
    ) throws(LabError) -> LabChild {
        // A killed daemon leaves its sockets, and a wait for the path alone would lie.
        for name in ["libvirt-sock", "libvirt-sock-ro", "libvirt-admin-sock"] { unlink("\(layout.sockets)/\(name)") }
        return try LabChild(
            name: "libvirtd", command: command, environment: environment, log: layout.log("libvirtd-output"))
    }

    func waitUntilAnswering() async throws(LabError) {
        // QEMU's driver asks every emulator what it can, at its first start.
        let end = ContinuousClock.now + .seconds(40)
        var last = "no attempt"
        while ContinuousClock.now < end, child.exitStatus == nil, !Task.isCancelled {
            if access(layout.libvirtSocket, F_OK) == 0 {
                do throws(LibvirtError) {
                    _ = try await connection.driver()
                    return
                } catch {
                    last = error.description
                }
            }
            try? await Task.sleep(for: .milliseconds(30))
        }
        await child.stop()
        let log = LabLogs.tail(layout.log("libvirtd-output"))
        throw LabError("libvirtd does not answer on \(layout.libvirtSocket): \(last); \(log)")
    }

    private static func testDriver(_ daemon: [String], _ layout: LabLayout) -> [String] {
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
