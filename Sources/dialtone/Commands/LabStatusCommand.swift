import ArgumentParser
import Lab

struct LabStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what of a lab runs.",
        discussion: """
            Exit status 69 says that it cannot be used.

            Examples:
              dialtone lab status --dir lab
            """)

    @OptionGroup var directory: LabDirectory
    @OptionGroup var output: OutputOptions

    func run() throws {
        let status: LabStatus
        do {
            status = try Lab.status(directory: directory.dir)
        } catch {
            throw CommandError(.unreachable, error.description)
        }
        switch output.format {
        case .text: Streams.output.write(status.description.printableLines + "\n")
        case .json: Streams.output.write(JSONText.of(status))
        }
        try (status.isUp ? ExitStatus.done : .unreachable).end()
    }
}
