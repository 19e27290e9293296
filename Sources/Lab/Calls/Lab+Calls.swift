import Etcd
import FoundationEssentials
import Glibc
import SIP

/// What calls are made.
public struct CallPlan: Sendable, Hashable {
    /// Calls a second.
    public var rate: Int
    /// Seconds for which calls begin.
    public var duration: Int
    /// Milliseconds that each lasts.
    public var hold: Int
    /// The number that is called.
    public var number: String
    /// Further header lines.
    public var headers: [SippHeader]

    public init(rate: Int, duration: Int, hold: Int = 1000, number: String = "100", headers: [SippHeader] = []) {
        self.rate = rate
        self.duration = duration
        self.hold = hold
        self.number = number
        self.headers = headers
    }
}

extension Lab {
    /// Makes real calls through the lab's Kamailio with sipp, and says what they saw. Returns when the last has ended.
    ///
    /// - Parameter dealer: which of several Kamailios, from 1 on.
    public static func call(
        directory: String, _ plan: CallPlan, dealer: Int = 1
    ) async throws(LabError) -> CallReport {
        let (status, environment) = try up(directory: directory)
        guard environment.kamailios.indices.contains(dealer - 1) else {
            throw LabError(
                "the lab in \(status.directory) has \(environment.kamailios.count) Kamailios, and no number \(dealer)")
        }
        let files = try CallFiles()
        defer { files.remove() }
        try LabFile.replace(
            files.scenario, with: Array(SippScenario(duration: plan.hold, headers: plan.headers).text.utf8))
        let child = try LabChild(
            name: "sipp",
            command: [
                "sipp", "-sf", files.scenario, "-i", "127.0.0.1", environment.kamailios[dealer - 1].sip, "-s",
                plan.number,
                "-m", "\(plan.rate * plan.duration)", "-r", "\(plan.rate)", "-l", "100000", "-nostdin", "-trace_logs",
                "-log_file", files.log, "-recv_timeout", "40000",
            ], environment: ["TERM": "dumb"], log: files.screen)
        let ending = await withTaskCancellationHandler {
            await child.waitForExit()
        } onCancel: {
            child.identity.signal(SIGTERM)
        }
        let log = FileManager.default.contents(atPath: files.log).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let histories = SippCall.read(log)
        guard !histories.isEmpty else {
            throw LabError("sipp made no call (status \(ending)); \(LabLogs.tail(files.screen))")
        }
        return CallReport(histories, names: try await instances(environment.etcd))
    }

    /// Name and track of every registered instance, by its address.
    private static func instances(_ etcd: String) async throws(LabError) -> [String: (name: String, track: String)] {
        struct Registration: Decodable {
            var address: String
            var port: Int
            var track: String
        }
        do {
            var found: [String: (name: String, track: String)] = [:]
            for pair in try await EtcdClient(endpoints: [etcd]).range(prefix: "/dialtone/").keyValues {
                let parts = pair.key.split(separator: "/")
                guard parts.count == 4, parts[2] == "instances",
                    let entry = try? JSONDecoder().decode(Registration.self, from: Data(pair.value))
                else { continue }
                found["\(entry.address):\(entry.port)"] = (String(parts[3]), entry.track)
            }
            return found
        } catch {
            throw LabError("the calls were made, but whose instances are whose is not known: \(error)")
        }
    }
}

/// The files of one run of sipp.
private struct CallFiles {
    let directory: String
    var scenario: String { directory + "/call.xml" }
    var log: String { directory + "/log" }
    var screen: String { directory + "/screen" }

    init() throws(LabError) {
        var template = Array("/tmp/dialtone-calls-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw .system("mkdtemp /tmp/dialtone-calls-XXXXXX", errno) }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: directory)
    }
}
