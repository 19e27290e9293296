import FoundationEssentials
import Glibc

/// Where a lab keeps its things.
struct LabLayout: Sendable {
    /// Absolute, without links.
    let directory: String
    /// Where sockets are: the directory, or somewhere shorter.
    private let socketRoot: String

    /// A unix socket's path has at most 107 bytes (unix(7), `sun_path`); libvirt's longest is this one.
    static let longestSocket = "/sock/libvirt-admin-sock"

    static func needsShortSockets(_ directory: String) -> Bool {
        directory.utf8.count + longestSocket.utf8.count > 107
    }

    init(directory: String, shortDirectory: String?) {
        self.directory = directory
        socketRoot = shortDirectory ?? directory
    }

    /// Everything that the lab itself makes in the directory; whatever else is there is foreign.
    static let own = [
        "asterisk", "etcd", "faults.json", "fleet.sock", "kamailio", "lab.env", "lab.json", "lab.yaml", "libvirt",
        "log", "node.img", "run", "sock",
        "volumes",
    ]

    var record: String { directory + "/lab.json" }
    var environment: String { directory + "/lab.env" }
    var manifest: String { directory + "/lab.yaml" }
    var faults: String { directory + "/faults.json" }
    var image: String { directory + "/node.img" }
    var volumes: String { directory + "/volumes" }
    var logs: String { directory + "/log" }
    /// What each real Asterisk has for itself, by its instance's name.
    var asterisk: String { directory + "/asterisk" }
    var etcd: String { directory + "/etcd" }
    /// The files of one Kamailio.
    func kamailio(_ name: String) -> String { "\(directory)/kamailio/\(name)" }
    var libvirt: String { directory + "/libvirt" }
    var requestLog: String { logs + "/fleet-requests.log" }
    var supervisorLog: String { logs + "/supervisor.log" }
    /// libvirtd's socket directory.
    var sockets: String { socketRoot + "/sock" }
    /// Where an Asterisk's control socket lies: as long as libvirt's longest, whatever the instance's name.
    func run(_ instance: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in instance.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let digits = String(hash >> 40, radix: 16)
        return socketRoot + "/run/" + String(repeating: "0", count: 6 - digits.count) + digits
    }
    var libvirtSocket: String { sockets + "/libvirt-sock" }
    var fleetSocket: String { socketRoot + "/fleet.sock" }

    func log(_ name: String) -> String { "\(logs)/\(name).log" }

    /// Makes the directories that must be there before anything starts.
    /// The lab's directory itself.
    func begin() throws(LabError) { try Self.make(directory) }

    /// All that is in it, and the short directory, which must not be somebody else's.
    func make() throws(LabError) {
        if socketRoot != directory {
            guard mkdir(socketRoot, 0o700) == 0 || (errno == EEXIST && Self.isOurs(socketRoot)) else {
                throw .system("mkdir \(socketRoot)", errno)
            }
        }
        for path in [logs, sockets, etcd, libvirt + "/run", libvirt + "/drivers", libvirt + "/xdg", volumes] {
            try Self.make(path)
        }
    }

    /// A directory, and no link to one, into which nobody else gets.
    private static func isOurs(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR && status.st_uid == geteuid()
            && status.st_mode & 0o077 == 0
    }

    static func make(_ path: String) throws(LabError) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw LabError("cannot make \(path): \(error)")
        }
    }

    /// `path` as an absolute one without links, whether it exists or not.
    static func absolute(_ path: String) -> String {
        let current = FileManager.default.currentDirectoryPath
        let whole = path.hasPrefix("/") ? path : current + "/" + path
        if let real = realpath(whole, nil) {
            defer { free(real) }
            return String(cString: real)
        }
        var parts: [Substring] = []
        for part in whole.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        guard let last = parts.popLast() else { return "/" }
        let parent = "/" + parts.joined(separator: "/")
        guard parent != "/" else { return "/\(last)" }
        return absolute(parent) + "/\(last)"
    }
}
