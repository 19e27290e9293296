import ArgumentParser
import ClusterModel
import FoundationEssentials
import Manifest
import Reconciler

/// What a command line asks for: the manifest's files, and what goes on top of them.
struct Intent: Sendable {
    var files: ManifestFiles
    var overrides: ManifestOverrides
    var lab: String?
    var format: OutputOptions.Format

    init(
        _ paths: [String], _ connections: ConnectionOptions, _ format: OutputOptions.Format,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
        lab = connections.labDirectory(environment)
        files = ManifestFiles(paths, lab: lab)
        overrides = connections.overrides(environment)
        self.format = format
    }

    /// The files' contents and the spec that they stand for.
    mutating func read() throws(ManifestErrors) -> (sources: [ManifestSource], spec: ClusterSpec) {
        let sources = try files.read()
        return (sources, try Manifest.load(sources: sources, overrides: overrides))
    }

    /// The spec; problems are printed, all of them, and end the command.
    func load() throws(CommandError) -> ClusterSpec {
        try loadWithSources().spec
    }

    func loadWithSources() throws(CommandError) -> (sources: [ManifestSource], spec: ClusterSpec) {
        var intent = self
        do throws(ManifestErrors) {
            return try intent.read()
        } catch {
            if format == .json { Streams.output.write(JSONText.of(ValidationDocument(problems: error.problems))) }
            Streams.error.write(ValidationText.problems(error))
            throw CommandError(.manifest)
        }
    }
}
