import FoundationEssentials
import TestSupport

/// What the systems themselves wrote down of what was done to them, since a moment.
struct SystemLogs: Sendable {
    /// Requests to fleet that change something: `PUT /fleet/v1/units/...`.
    var fleetWrites: [String]
    /// Functions of libvirt's API that were called and are not known to change nothing.
    var libvirtWrites: [String]
    /// Keys of etcd that were put or deleted, in order, and what was put.
    var etcdWrites: [(key: String, value: String?)]

    /// What those who run beside an instance do not write by themselves.
    var controllersKeys: [String] { etcdWrites.map(\.key).filter { !Dump.isWrittenByAgents($0) } }

    /// The functions of libvirt's API that read, look up, listen or let go.
    fileprivate static func isReading(_ function: String) -> Bool {
        let word = function.drop { $0.isLowercase }  // vir
        let objects = ["Connect", "Domain", "NetworkPort", "Network", "StoragePool", "StorageVol", "Node"]
        guard let object = objects.first(where: word.hasPrefix) else { return false }
        let verb = word.dropFirst(object.count)
        let verbs = [
            "Get", "List", "NumOf", "LookupBy", "Is", "Has", "Free", "Ref", "Open", "Close", "SupportsFeature",
            "RegisterCloseCallback", "UnregisterCloseCallback", "SetKeepAlive",
        ]
        return verbs.contains(where: verb.hasPrefix) || verb.hasSuffix("EventRegisterAny")
            || verb.hasSuffix("EventDeregisterAny")
    }
}

extension LabSession {
    /// A moment in the systems' logs.
    struct Moment: Sendable {
        fileprivate var fleetBytes: Int
        fileprivate var libvirtBytes: Int
        fileprivate var etcdRevision: Int
    }

    private var fleetLog: String { "\(directory)/log/fleet-requests.log" }
    private var libvirtLog: String { "\(directory)/log/libvirtd.log" }

    func moment() async throws -> Moment {
        let answer = try JSON(await etcdctl("get", "none", "-w", "json"))
        return Moment(
            fleetBytes: readText(fleetLog).utf8.count, libvirtBytes: readText(libvirtLog).utf8.count,
            etcdRevision: answer["header"]["revision"].int ?? 0)
    }

    func logs(since moment: Moment) async throws -> SystemLogs {
        let etcdWrites = try await etcdHistory(after: moment.etcdRevision)
        let requests = Self.lines(readText(fleetLog), after: moment.fleetBytes).compactMap { try? JSON(String($0)) }
        let functions = Self.lines(readText(libvirtLog), after: moment.libvirtBytes).compactMap { line -> String? in
            guard let start = line.firstRange(of: " debug : vir") else { return nil }
            return String(line[line.index(start.upperBound, offsetBy: -3)...].prefix { $0 != ":" })
        }
        return SystemLogs(
            fleetWrites: requests.filter { $0["method"].string != "GET" }
                .map { "\($0["method"].string ?? "") \($0["path"].string ?? "")" },
            libvirtWrites: functions.filter { !SystemLogs.isReading($0) }, etcdWrites: etcdWrites)
    }

    private static func lines(_ text: String, after bytes: Int) -> [Substring] {
        Substring(text.utf8.dropFirst(bytes)).split(separator: "\n")
    }

    /// From etcd's own history, by `etcdctl watch`. A key of our own tells that all before it was seen.
    private func etcdHistory(after revision: Int) async throws -> [(key: String, value: String?)] {
        try await etcdctl("put", "end-of-history", "")
        let watch = try ChildProcess(
            ["etcdctl", "--endpoints", etcd, "watch", "", "--prefix", "--rev", "\(revision + 1)", "-w", "json"],
            environment: ["ETCDCTL_API": "3"])
        var history: [(key: String, value: String?)] = []
        try await eventually("etcd tells its history") {
            // Each line is an answer; the last may not be whole yet.
            let events = watch.output.split(separator: "\n").compactMap { try? JSON(String($0)) }
                .flatMap { $0["Events"].array }
            history = events.map { event in
                let isDeleted = event["type"].int == 1
                return (event["kv"]["key"].decoded, isDeleted ? nil : event["kv"]["value"].decoded)
            }
            return history.contains { $0.key == "end-of-history" }
        }
        try await watch.stop()
        try await etcdctl("del", "end-of-history")
        return Array(history.prefix { $0.key != "end-of-history" })
    }

    /// Leases that hold keys which no agent writes; agents take new ones when theirs lapsed on a busy machine.
    func controllersLeases() async throws -> [String] {
        var found: [String] = []
        for id in try await etcdctl("lease", "list").split(separator: "\n").dropFirst() {
            let answer = try await etcdctl("lease", "timetolive", String(id), "--keys")
            let keys = answer.split(separator: "attached keys([").dropFirst().joined().prefix { $0 != "]" }
            if keys.split(separator: " ").contains(where: { !Dump.isWrittenByAgents(String($0)) }) {
                found.append(String(id))
            }
        }
        return found.sorted()
    }
}
