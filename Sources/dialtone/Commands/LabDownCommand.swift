import ArgumentParser
import Lab

struct LabDownCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down",
        abstract: "End a lab, and remove all that is its own.",
        discussion: """
            Examples:
              dialtone lab down --dir lab
            """)

    @OptionGroup var directory: LabDirectory

    func run() async throws {
        do {
            let left = try await Lab.down(directory: directory.dir)
            let rest = left.isEmpty ? "" : "; these are not its own and stay: \(left.joined(separator: ", "))"
            Streams.output.write("The lab is gone\(rest).\n".printableLines)
        } catch {
            throw CommandError(.failed, error.description)
        }
    }
}
