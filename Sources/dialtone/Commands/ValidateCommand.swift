import ArgumentParser
import FoundationEssentials
import Manifest

struct ValidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check a manifest, and nothing else.",
        usage: "dialtone validate -f FILE... [-o text|json]",
        discussion: """
            Every problem is reported in one go, as FILE:LINE:COLUMN: what is wrong; what is allowed. No system is \
            reached.

            Examples:
              dialtone validate -f cluster.yaml
              dialtone validate -f base.yaml -f site.yaml -o json
              generate-manifest | dialtone validate -f -
            """)

    @OptionGroup var manifest: ManifestOptions
    @OptionGroup var connections: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        try manifest.checkGiven()
    }

    func run() throws {
        let intent = Intent(manifest.files, connections, output.format)
        let spec = try intent.load()
        switch output.format {
        case .json: Streams.output.write(JSONText.of(ValidationDocument(problems: [])))
        case .text: Streams.output.write(ValidationText.valid(spec))
        }
    }
}
