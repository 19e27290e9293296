/// One run of Kamailio, from its start to its end.
public struct KamailioRun: Sendable, Hashable {
    /// As `5.6.3`.
    public var version: String
    /// Kamailio's own words, as `Tue Nov 24 17:00:32 2026`, in its local time.
    public var startedAt: String
    /// Of its main process.
    public var pid: Int
    /// Whole seconds since then.
    public var uptime: Int

    public init(version: String, startedAt: String, pid: Int, uptime: Int) {
        self.version = version
        self.startedAt = startedAt
        self.pid = pid
        self.uptime = uptime
    }

    /// Whether both tell of the same run.
    public func isSame(as other: KamailioRun) -> Bool { pid == other.pid && startedAt == other.startedAt }
}

extension KamailioClient {
    /// Which Kamailio answers, and since when it runs.
    public func run() async throws(KamailioError) -> KamailioRun {
        struct Uptime: Decodable {
            // The names are Kamailio's.
            // swift-format-ignore: AlwaysUseLowerCamelCase
            var up_since: String
            var uptime: Int
        }
        struct Process: Decodable {
            var pid: Int

            enum CodingKeys: String, CodingKey {
                case pid = "PID"
            }
        }
        let uptime: Uptime = try await call("core.uptime")
        let processes: [Process] = try await call("core.psx")
        let words: String = try await call("core.version")
        return KamailioRun(
            version: KamailioClient.version(in: words), startedAt: uptime.up_since, pid: processes.first?.pid ?? 0,
            uptime: uptime.uptime)
    }

    /// The version in `kamailio 5.6.3 (x86_64/linux) `; all of it where it does not look so.
    static func version(in text: String) -> String {
        let words = text.split(separator: " ")
        return words.count >= 2 && words[0] == "kamailio" ? String(words[1]) : text
    }
}
