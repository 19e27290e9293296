import ArgumentParser
import Lab

/// What `lab up` starts: the process that a lab is.
struct LabSuperviseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "supervise", abstract: "Be a lab.", shouldDisplay: false)

    @OptionGroup var directory: LabDirectory

    func run() async throws {
        do {
            try await LabSupervisor.run(directory: directory.dir)
        } catch {
            throw CommandError(.failed, error.description)
        }
    }
}
