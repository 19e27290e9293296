import FoundationEssentials
import Glibc
import Manifest
import Provisioning
import Reconciler

/// A plan in a file, with what tells whether the manifest has changed since. It holds the manifest, secrets included:
/// only its owner may read it.
struct SavedPlanFile: Codable {
    var apiVersion = "dialtone/v1"
    var kind = "SavedPlan"
    var plan: SavedPlan
    var sources: [Source]

    struct Source: Codable, Equatable {
        /// Absolute.
        var path: String
        var sha256: String
    }

    init(_ plan: SavedPlan, sources: [ManifestSource]) {
        self.plan = plan
        let directory = FileManager.default.currentDirectoryPath
        // Standard input has no place where it could be looked at again.
        self.sources = sources.filter { $0.name != "-" }.map {
            Source(
                path: $0.name.hasPrefix("/") ? $0.name : "\(directory)/\($0.name)", sha256: Digest.sha256($0.bytes))
        }
    }

    /// A plan for thousands of nodes is a tenth of it.
    private static let most = 256 << 20

    static func read(_ path: String) throws(CommandError) -> SavedPlanFile {
        let data: Data
        do throws(ManifestFiles.ReadError) {
            data = Data(try ManifestFiles.content(at: path, most: Self.most))
        } catch {
            throw CommandError(.manifest, "\(path): \(error.message)")
        }
        let decoder = JSONDecoder()
        guard let head = try? decoder.decode(Head.self, from: data), head.kind == "SavedPlan" else {
            throw CommandError(
                .manifest, "\(path): is no saved plan; make one with dialtone plan --out, or give a manifest with -f")
        }
        guard head.apiVersion == "dialtone/v1", head.plan.format == SavedPlan.format else {
            throw CommandError(.manifest, "\(path): was saved by another version of dialtone; make a new one")
        }
        do {
            return try decoder.decode(SavedPlanFile.self, from: data)
        } catch {
            throw CommandError(.manifest, "\(path): is a damaged plan; make a new one")
        }
    }

    private struct Head: Decodable {
        var apiVersion: String
        var kind: String
        var plan: Format

        struct Format: Decodable {
            var format: Int
        }
    }

    /// Manifests that are there and are not what they were. One that is not there tells nothing: a plan may be carried
    /// to another machine.
    func changedSources() -> [String] {
        sources.compactMap { source in
            guard let data = FileManager.default.contents(atPath: source.path), Digest.sha256(data) != source.sha256
            else { return nil }
            return "\(source.path) has changed since the plan was made"
        }
    }

    /// Writes aside and renames, readable by the owner alone.
    func write(_ path: String) throws(CommandError) {
        let aside = "\(path).\(ProcessIdentity.pid).new"
        let descriptor = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(aside) }
        var rest = Array(JSONText.of(self).utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                let failure = Self.failure(aside)
                close(descriptor)
                unlink(aside)
                throw failure
            }
            rest = rest.dropFirst(count)
        }
        guard close(descriptor) == 0, rename(aside, path) == 0 else {
            let failure = Self.failure(path)
            unlink(aside)
            throw failure
        }
    }

    private static func failure(_ path: String) -> CommandError {
        CommandError(.failed, "\(path): cannot be written: \(String(cString: strerror(errno)))")
    }
}
