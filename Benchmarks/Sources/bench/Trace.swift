import FoundationEssentials
import TestSupport

/// Calls that reach a traced libvirtd, counted from its log.
struct Trace {
    private let path: String
    private let start: Int

    /// Begins at the log's end.
    init(_ world: World) {
        path = world.libvirtd.logPath
        start = FileManager.default.contents(atPath: path)?.count ?? 0
    }

    /// By function, since the beginning; without what the daemon does for itself.
    var counts: [String: Int] {
        let log = FileManager.default.contents(atPath: path) ?? Data()
        var counts: [String: Int] = [:]
        for line in String(decoding: log.dropFirst(start), as: UTF8.self).split(separator: "\n") {
            // `TIME: THREAD: debug : virDomainGetXMLDesc:2575 : dom=...`
            let parts = line.split(separator: ":", maxSplits: 8, omittingEmptySubsequences: false)
            guard let index = parts.firstIndex(of: " debug "), index + 1 < parts.count else { continue }
            let function = parts[index + 1].drop { $0 == " " }
            if Self.isRequest(function) { counts[String(function), default: 0] += 1 }
        }
        return counts
    }

    /// Giving an object back and asking what it holds stays within the daemon, and it opens its driver for each client.
    private static func isRequest(_ function: Substring) -> Bool {
        guard function.hasPrefix("vir") else { return false }
        if ["Free", "Ref"].contains(where: { function.hasSuffix($0) }) { return false }
        // The daemon tidies up behind a client that has gone, now and then while the next one is there.
        if ["Deregister", "Unregister"].contains(where: { function.contains($0) }) { return false }
        return !["virInitialize", "virGlobalInit"].contains { function.hasPrefix($0) }
    }

    /// What changes something (`virDomainGetState` and the like do not).
    static func writes(_ function: String) -> Bool {
        [
            "Create", "Define", "Undefine", "Set", "Update", "Delete", "Destroy", "Shutdown", "Reboot", "Upload",
            "Attach", "Detach",
        ]
        .contains { function.contains($0) }
    }
}
