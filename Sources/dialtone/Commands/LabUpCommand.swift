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

    @OptionGroup var directory: LabDirectory

    @Option(
        help:
            "test: libvirt's own test driver, no machine runs, all else is real; qemu: small real machines, needs root."
    )
    var hypervisor = LabHypervisor.test

    @Option(help: "Kamailios that deal the calls, each with its dispatch agent: 0 to 5.")
    var kamailio = 1

    func validate() throws {
        guard (0...5).contains(kamailio) else { throw ValidationError("--kamailio takes 0 to 5") }
    }

    func run() async throws {
        do {
            let environment = try await Lab.up(directory: directory.dir, hypervisor: hypervisor, kamailios: kamailio)
            Streams.output.write(
                "The lab is up: try --lab \(environment.directory), or source its lab.env.\n".printableLines)
        } catch {
            throw CommandError(.failed, error.description)
        }
    }
}

extension LabHypervisor: ExpressibleByArgument {}
