import ArgumentParser
import Lab

struct LabUpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Begin a lab.",
        discussion: """
            One that runs in this directory already is left as it is. The files lab.env, for a shell, and lab.yaml, which \
            --lab puts on top of a manifest, say where its systems are.

            Examples:
              dialtone lab up --dir lab
              . lab/lab.env
            """)

    enum Hypervisor: String, CaseIterable, ExpressibleByArgument {
        case test
    }

    @OptionGroup var directory: LabDirectory

    @Option(help: "libvirt's own test driver: no machine runs, all else is real.")
    var hypervisor: Hypervisor = .test

    func run() async throws {
        do {
            let environment = try await Lab.up(directory: directory.dir)
            Streams.output.write(
                "The lab is up: try --lab \(environment.directory), or source its lab.env.\n".printableLines)
        } catch {
            throw CommandError(.failed, error.description)
        }
    }
}
