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
}
