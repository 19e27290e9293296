import Glibc
import TestSupport
import Testing

extension LabSession {
    /// The number of one of the lab's processes: `supervisor` (fleet, and what answers for Asterisk), `etcd`, `libvirtd`, or an announcer's unit.
    func pid(of name: String) throws -> pid_t {
        let record = try JSON(readText("\(directory)/lab.json"))
        let process =
            name == "supervisor"
            ? record["supervisor"] : record["children"].array.first { $0["name"].string == name }?["process"] ?? .null
        return pid_t(try #require(process["pid"].int, "the lab has no process \(name)"))
    }

    /// Stops a process of the lab while `body` runs: it keeps its connections, and answers nothing.
    func frozen<Result>(_ name: String, _ body: () async throws -> Result) async throws -> Result {
        let pid = try pid(of: name)
        kill(pid, SIGSTOP)
        defer { kill(pid, SIGCONT) }
        return try await body()
    }

    /// The lines of one of the lab's logs.
    func log(_ name: String) -> [Substring] { readText("\(directory)/log/\(name).log").split(separator: "\n") }

    /// Requests that changed something in fleet, as fleet logged them.
    var fleetWrites: [String] {
        log("fleet-requests").compactMap { try? JSON(String($0)) }.compactMap { line in
            guard let method = line["method"].string, method != "GET", let path = line["path"].string else { return nil }
            return "\(method) \(path)"
        }
    }

    /// Calls that changed something in libvirt, as libvirtd logged them: the names of its functions.
    var libvirtWrites: [String] {
        log("libvirtd").compactMap { line in
            let words = line.split(separator: " ", maxSplits: 6)
            guard words.count > 5 else { return nil }
            let function = words[5].prefix { $0 != ":" }
            return Self.writing.contains { function.hasPrefix($0) } ? String(function) : nil
        }
    }

    private static let writing = [
        "virDomainDefine", "virDomainCreate", "virDomainShutdown", "virDomainDestroy", "virDomainUndefine",
        "virDomainSetMetadata", "virStorageVolCreate", "virStorageVolDelete", "virNetworkUpdate",
    ]
}
