import FoundationEssentials

/// What runs of a lab.
public struct LabStatus: Sendable, Hashable, Codable, CustomStringConvertible {
    /// A process of the lab; announcers have their unit's name.
    public struct Process: Sendable, Hashable, Codable {
        public var name: String
        public var pid: Int32
        public var isRunning: Bool
    }

    public var directory: String
    /// `nil` when it has ended by itself.
    public var supervisor: Process?
    public var processes: [Process]
    /// The network of its nodes, as `127.93.7.0/24`.
    public var network: String?
    /// The versions of Asterisk that are real in it.
    public var asterisk: [String]
    public var environment: LabEnvironment?

    /// Whether the lab can be used.
    public var isUp: Bool { supervisor?.isRunning == true && environment != nil && processes.allSatisfy(\.isRunning) }

    public var description: String {
        var lines = ["lab in \(directory): \(isUp ? "up" : supervisor?.isRunning == true ? "incomplete" : "down")"]
        for process in (supervisor.map { [$0] } ?? []) + processes {
            lines.append("  \(process.name): \(process.isRunning ? "runs" : "has ended"), pid \(process.pid)")
        }
        if let network { lines.append("  nodes: \(network)") }
        lines.append("  asterisk: \(LabStatus.text(asterisk: asterisk))")
        if let environment {
            lines.append("  libvirt: \(environment.libvirt)")
            lines.append("  etcd: \(environment.etcd)")
            lines.append("  fleet: \(environment.fleet)")
            for kamailio in environment.kamailios {
                lines.append("  \(kamailio.name): calls to \(kamailio.sip), RPC \(kamailio.rpc)")
            }
        }
        return lines.joined(separator: "\n")
    }

    /// What Asterisk units are, in words.
    ///
    /// - Parameter versions: the real ones.
    public static func text(asterisk versions: [String]) -> String {
        versions.isEmpty
            ? "SIP endpoints of our own"
            : "\(versions.joined(separator: " and ")), by images' tags; SIP endpoints of our own for other tags"
    }
}

extension Lab {
    /// - Throws: when the lab in `directory` does not run.
    static func up(directory: String) throws(LabError) -> (status: LabStatus, environment: LabEnvironment) {
        let status = try status(directory: directory)
        guard let environment = status.environment, status.supervisor?.isRunning == true else {
            throw LabError(
                "the lab in \(status.directory) is down; `dialtone lab up --dir \(status.directory)` starts it")
        }
        return (status, environment)
    }

    /// - Throws: when there is no lab in `directory`.
    public static func status(directory: String) throws(LabError) -> LabStatus {
        let directory = LabLayout.absolute(directory)
        guard let record = try LabRecord.read(directory + "/lab.json") else {
            throw LabError("there is no lab in \(directory)")
        }
        let layout = LabLayout(directory: directory, shortDirectory: record.shortDirectory)
        func shown(_ name: String, _ process: ProcessIdentity) -> LabStatus.Process {
            .init(name: name, pid: process.pid, isRunning: process.isAlive)
        }
        return LabStatus(
            directory: directory, supervisor: record.supervisor.map { shown("supervisor", $0) },
            processes: record.children.map { shown($0.name, $0.process) },
            network: record.network.map { "\($0).0/24" }, asterisk: record.asteriskVersions,
            environment: environment(layout))
    }
}
