import FoundationEssentials
import Glibc

/// A process that is told apart from a later one with the same number.
struct ProcessIdentity: Codable, Hashable, Sendable {
    let pid: Int32
    /// Clock ticks from the machine's start to the process's, field 22 of `/proc/<pid>/stat` (proc(5)).
    let startTime: UInt64

    /// The process that has this number now; `nil` when none has.
    init?(pid: Int32) {
        guard let stat = ProcessIdentity.stat(pid) else { return nil }
        self.pid = pid
        self.startTime = stat.startTime
    }

    static var current: ProcessIdentity? { ProcessIdentity(pid: getpid()) }

    /// Whether it still runs; one that ended and was not waited for does not.
    var isAlive: Bool {
        ProcessIdentity.stat(pid).map { $0.startTime == startTime && $0.state != "Z" && $0.state != "X" } ?? false
    }

    /// Sends a signal, if it is still that process.
    func signal(_ number: Int32) {
        if isAlive { kill(pid, number) }
    }

    /// Waits until it has ended; `false` when it has not within `limit`.
    func waitForEnd(_ limit: Duration) async -> Bool {
        let end = ContinuousClock.now + limit
        while isAlive {
            guard ContinuousClock.now < end else { return false }
            // A process that is not our child cannot be waited for, only looked at.
            guard (try? await Task.sleep(for: .milliseconds(20))) != nil else { return !isAlive }
        }
        return true
    }

    private static func stat(_ pid: Int32) -> (state: Substring, startTime: UInt64)? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            // The name in parentheses may hold blanks and parentheses itself.
            let close = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: close)...].split(separator: " ")
        guard fields.count > 19, let start = UInt64(fields[19]) else { return nil }
        return (fields[0], start)
    }
}

extension ProcessIdentity {
    /// The variable that every process of a lab inherits, with the lab's id as its value.
    static let mark = "DIALTONE_LAB_ID"

    /// All processes of a lab, whoever started them: those that carry its mark, and those that run in its namespace (libvirt gives machines an
    /// environment of their own). This process is not among them.
    static func marked(_ id: String) -> [ProcessIdentity] {
        let wanted = Array("\(mark)=\(id)".utf8)
        return all { pid in
            contents(pid, "environ").split(separator: 0).contains { $0.elementsEqual(wanted) } || isMounted(id, pid)
        }
    }

    /// All processes that run in a lab's namespace.
    static func mounted(_ id: String) -> [ProcessIdentity] { all { isMounted(id, $0) } }

    /// Asks the processes that `find` finds to end, and kills them after a while; looks again until there are none, since one that ends may have
    /// started another just before.
    ///
    /// - Returns: those that did not end.
    @discardableResult
    static func endAll(_ find: () -> [ProcessIdentity]) async -> [ProcessIdentity] {
        var left: [ProcessIdentity] = []
        for (number, patience) in [(SIGTERM, Duration.seconds(5))] + [
            (SIGKILL, .seconds(5)), (SIGKILL, .seconds(1)), (SIGKILL, .seconds(1)),
        ] {
            left = find().filter(\.isAlive)
            if left.isEmpty { return [] }
            for process in left {
                process.signal(number)
                process.signal(SIGCONT)
            }
            let end = ContinuousClock.now + patience
            for process in left { _ = await process.waitForEnd(end - .now) }
        }
        left = find().filter(\.isAlive)
        return left
    }

    private static func all(_ isWanted: (Int32) -> Bool) -> [ProcessIdentity] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.sorted().compactMap { pid in
            pid != getpid() && isWanted(pid) ? ProcessIdentity(pid: pid) : nil
        }
    }

    private static func isMounted(_ id: String, _ pid: Int32) -> Bool {
        contents(pid, "mountinfo").firstRange(of: Data(LabNamespace.mountTag(id).utf8)) != nil
    }

    private static func contents(_ pid: Int32, _ name: String) -> Data {
        FileManager.default.contents(atPath: "/proc/\(pid)/\(name)") ?? Data()
    }
}
