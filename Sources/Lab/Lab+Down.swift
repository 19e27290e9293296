import FoundationEssentials
import Glibc

extension Lab {
    /// Ends a lab: its supervisor, whatever of its processes outlived that, and its files. The directory itself goes too, unless something foreign is in it.
    ///
    /// - Returns: what foreign things keep the directory, by name; none when it is gone.
    @discardableResult
    public static func down(directory: String) async throws(LabError) -> [String] {
        let directory = LabLayout.absolute(directory)
        guard let record = try LabRecord.read(directory + "/lab.json") else {
            throw LabError("there is no lab in \(directory)")
        }
        let layout = LabLayout(directory: directory, shortDirectory: record.shortDirectory)
        if let supervisor = record.supervisor, supervisor.isAlive {
            supervisor.signal(SIGTERM)
            supervisor.signal(SIGCONT)
            if await !supervisor.waitForEnd(.seconds(20)) { supervisor.signal(SIGKILL) }
        }
        try await endAll(record, layout)
        return try remove(layout, record)
    }

    /// Ends what the supervisor left: by the record, and by the mark that all its processes carry (a child may have been started just before the
    /// supervisor was killed, and not have been written down).
    private static func endAll(_ record: LabRecord, _ layout: LabLayout) async throws(LabError) {
        // The record may have changed while the supervisor ended.
        let last = try LabRecord.read(layout.record) ?? record
        let left = await ProcessIdentity.endAll {
            Array(Set(last.children.map(\.process) + ProcessIdentity.marked(record.id)))
        }
        guard left.isEmpty else {
            throw LabError("processes of the lab do not end: \(left.map { "\($0.pid)" }.joined(separator: ", "))")
        }
    }

    private static func remove(_ layout: LabLayout, _ record: LabRecord) throws(LabError) -> [String] {
        // The record goes last: until then `down` can be repeated.
        // What was being written beside a file when the lab was killed is the lab's as well.
        let parts = LabLayout.own.filter { $0 != "lab.json" }
        let own = parts + (parts + ["lab.json"]).map { $0 + ".new" } + ["lab.json"]
        for path in (record.shortDirectory.map { [$0] } ?? []) + own.map({ "\(layout.directory)/\($0)" }) {
            do {
                if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
            } catch {
                throw LabError("cannot remove \(path): \(error)")
            }
        }
        if rmdir(layout.directory) == 0 { return [] }
        return ((try? FileManager.default.contentsOfDirectory(atPath: layout.directory)) ?? []).sorted()
    }
}
