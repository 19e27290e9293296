import FoundationEssentials
import Glibc

/// A small world to try manifests in: a real libvirtd, a real etcd, a fleet, and Asterisk, real where there is one.
public enum Lab {
    /// Starts a lab in `directory` and returns when it can be used. One that runs there already, or that another begins, is left as it is and waited
    /// for; the rest of one that has ended is cleared away first.
    ///
    /// - Parameters:
    ///   - wishes: what it is to be; one that runs and differs is an error.
    ///   - executable: run as `<executable> lab supervise --dir <directory>`, which must end in `LabSupervisor.run`; this program by default.
    ///   - timeout: until then the lab must have come up.
    public static func up(
        directory: String, wishes: LabWishes = LabWishes(), executable: String? = nil,
        timeout: Duration = .seconds(90)
    ) async throws(LabError) -> LabEnvironment {
        let directory = LabLayout.absolute(directory)
        let end = ContinuousClock.now + timeout
        if wishes.hypervisor == .qemu { try checkMachines() }
        _ = try AsteriskTrees.find(wishes.asterisk ?? .auto)
        let lock = try await LabLock.take(directory, until: end)
        if let running = try await running(directory, wishes, until: end) { return running }
        if try LabRecord.read(directory + "/lab.json") != nil { try await down(directory: directory) }
        let environment = try await begin(directory, wishes, executable, until: end)
        // To here: whoever else begins this lab waits.
        _ = consume lock
        return environment
    }

    private static func begin(
        _ directory: String, _ wishes: LabWishes, _ executable: String?, until end: ContinuousClock.Instant
    ) async throws(LabError) -> LabEnvironment {
        let (record, layout) = try prepare(
            directory, hypervisor: wishes.hypervisor ?? .test, asterisk: wishes.asterisk ?? .auto,
            fleet: LabFleet(times: wishes.fleet ?? .quick, movesUnits: wishes.fleetMovesUnits ?? false),
            kamailios: wishes.kamailios ?? 1)
        let program = if let executable { executable } else { try ownExecutable() }
        let child = try LabChild(
            name: "supervisor",
            command: [program, "lab", "supervise", "--dir", directory],
            environment: [ProcessIdentity.mark: record.id], log: layout.supervisorLog)
        while ContinuousClock.now < end, child.exitStatus == nil, !Task.isCancelled {
            if let environment = environment(layout) { return environment }
            try? await Task.sleep(for: .milliseconds(20))
        }
        let reason = child.exitStatus.map { "its supervisor ended with status \($0)" } ?? "it took too long"
        let log = LabLogs.tail(layout.supervisorLog)
        await child.stop(grace: .seconds(15))
        // `lab down` may have ended it meanwhile.
        if FileManager.default.fileExists(atPath: layout.record) { try await down(directory: directory) }
        throw LabError("the lab in \(directory) did not come up: \(reason); \(log)")
    }

    /// Makes the directory and a record, so that from now on `down` finds whatever starts.
    static func prepare(
        _ directory: String, hypervisor: LabHypervisor = .test, asterisk: LabAsterisk = .auto,
        fleet: LabFleet = LabFleet(), kamailios: Int = 0
    ) throws(LabError) -> (LabRecord, LabLayout) {
        let existing = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        if let name = existing.sorted().first(where: { LabLayout.own.contains($0) }) {
            throw LabError(
                "\(directory)/\(name) is there and of no lab that is known: choose another directory, or remove it")
        }
        let id = (0..<2).map { _ in String(UInt64.random(in: .min ... .max), radix: 16) }.joined()
        // Only root and its owner get in: see `make`.
        let short = LabLayout.needsShortSockets(directory) ? "/tmp/dialtone-lab-\(id.prefix(12))" : nil
        let layout = LabLayout(directory: directory, shortDirectory: short)
        let record = LabRecord(
            hypervisor: hypervisor, asterisk: asterisk, id: id, startedAt: LabTime.text(Date()), shortDirectory: short,
            kamailios: kamailios, fleet: fleet)
        // The record comes first: whatever is made after it, `down` finds.
        try layout.begin()
        try record.write(layout.record)
        try layout.make()
        return (record, layout)
    }

    /// What real machines need beyond the rest: found out before anything starts.
    private static func checkMachines() throws(LabError) {
        guard geteuid() == 0 else {
            throw LabError(
                "a lab with real machines (qemu) needs root, for a network of its own; libvirt's test driver (test) needs none"
            )
        }
        let programs = [
            "qemu-system-x86_64": "qemu-system-x86", "qemu-img": "qemu-utils", "dnsmasq": "dnsmasq-base",
            "iptables": "iptables", "ip": "iproute2", "nsenter": "util-linux",
        ]
        let missing = programs.keys.sorted().filter { !LabChild.path(of: $0).hasPrefix("/") }
        guard missing.isEmpty else {
            let packages = Set(missing.compactMap { programs[$0] }).sorted().joined(separator: " ")
            throw LabError(
                "a lab with real machines (qemu) needs \(missing.joined(separator: ", ")): install the packages \(packages), "
                    + "or take libvirt's test driver (test)")
        }
        _ = try NodeImage.find()
    }

    /// The file of the program that runs now.
    static func ownExecutable() throws(LabError) -> String {
        do {
            return try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        } catch {
            throw LabError("cannot tell what program this is: \(error)")
        }
    }

    static func environment(_ layout: LabLayout) -> LabEnvironment? {
        FileManager.default.contents(atPath: layout.environment)
            .flatMap { LabEnvironment(shellLines: String(decoding: $0, as: UTF8.self)) }
    }

    /// The environment of a lab whose supervisor runs, as soon as it is up; `nil`: none runs.
    private static func running(
        _ directory: String, _ wishes: LabWishes, until end: ContinuousClock.Instant
    ) async throws(LabError) -> LabEnvironment? {
        while let record = try LabRecord.read(directory + "/lab.json"), let supervisor = record.supervisor,
            supervisor.isAlive
        {
            let differences = wishes.differences(from: record)
            guard differences.isEmpty else {
                throw LabError(
                    "the lab in \(directory) runs already and is another: you asked for \(differences.joined(separator: "; ")). "
                        + "End it with `dialtone lab down --dir \(directory)`, or take another directory", isUsage: true
                )
            }
            let layout = LabLayout(directory: directory, shortDirectory: record.shortDirectory)
            if let environment = environment(layout) { return environment }
            guard ContinuousClock.now < end, (try? await Task.sleep(for: .milliseconds(20))) != nil else {
                throw LabError(
                    "the lab in \(directory) is being begun by process \(supervisor.pid) and does not come up; "
                        + LabLogs.tail(layout.supervisorLog))
            }
        }
        return nil
    }
}
