import ArgumentParser
import Manifest

struct SchemaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of a manifest.",
        discussion: """
            Editors with a YAML language server check and complete a manifest that begins with the line
            # yaml-language-server: $schema=cluster.schema.json

            Examples:
              dialtone schema > cluster.schema.json
            """)

    func run() {
        Streams.output.write(Manifest.schemaJSON())
    }
}
