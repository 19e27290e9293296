import FoundationEssentials
import Glibc

/// The process that a lab is: it holds all its parts and ends them with itself.
public enum LabSupervisor {
    /// Runs the lab of `directory`, which `Lab.up` has prepared, until it is cancelled; then everything that it started has ended.
    ///
    /// - Parameter executable: the program that announcers are run with; this one by default.
    /// - Throws: `LabError` when a part does not start; the others have been stopped.
    public static func run(directory: String, executable: String? = nil) async throws(LabError) {
        let directory = LabLayout.absolute(directory)
        guard let record = try LabRecord.read(directory + "/lab.json") else {
            throw LabError("\(directory) is no lab: `dialtone lab up --dir \(directory)` makes one")
        }
        let layout = LabLayout(directory: directory, shortDirectory: record.shortDirectory)
        let keeper = RecordKeeper(record, layout)
        try await keeper.begin()
        let program = if let executable { executable } else { try Lab.ownExecutable() }
        let parts = LabParts(layout: layout, keeper: keeper, executable: program)
        do throws(LabError) {
            try await parts.start()
            LabSay.line("the lab is up")
            for await _ in AsyncStream<Never>.makeStream().stream {}
            LabSay.line("the lab ends")
        } catch {
            LabSay.line("the lab did not come up: \(error)")
            await end(parts, keeper)
            throw error
        }
        await end(parts, keeper)
    }

    /// In a task of its own: this one is cancelled, and what it started must end all the same.
    private static func end(_ parts: LabParts, _ keeper: RecordKeeper) async {
        await Task {
            await parts.stop()
            try? await keeper.finish()
        }.value
    }
}

/// The record of a running lab, always as it is on disk.
actor RecordKeeper {
    private var record: LabRecord
    private let layout: LabLayout

    init(_ record: LabRecord, _ layout: LabLayout) {
        self.record = record
        self.layout = layout
    }

    nonisolated var path: String { layout.record }

    /// The mark that every process of the lab carries.
    var environment: [String: String] { [ProcessIdentity.mark: record.id] }

    var fleet: LabFleet { record.fleet }
    var hypervisor: LabHypervisor { record.hypervisor }
    var asterisk: LabAsterisk { record.asterisk }
    var id: String { record.id }
    var kamailios: Int { record.kamailios }

    func begin() throws(LabError) {
        record.supervisor = ProcessIdentity.current
        try record.write(path)
    }

    func setNetwork(_ network: String) throws(LabError) {
        record.network = network
        try record.write(path)
    }

    func setAsterisk(_ versions: [String]) throws(LabError) {
        record.asteriskVersions = versions
        try record.write(path)
    }

    func add(_ child: LabChild) throws(LabError) {
        record.children.append(.init(name: child.name, process: child.identity))
        try record.write(path)
    }

    func remove(_ child: LabChild) throws(LabError) {
        record.children.removeAll { $0.process == child.identity }
        try record.write(path)
    }

    /// One that has ended stands in the record until another has taken its place.
    func replace(_ ended: LabChild, with child: LabChild) throws(LabError) {
        record.children.removeAll { $0.process == ended.identity }
        try add(child)
    }

    func finish() throws(LabError) {
        record.supervisor = nil
        record.children = []
        try record.write(path)
    }
}
