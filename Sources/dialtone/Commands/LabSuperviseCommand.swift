import ArgumentParser
import Lab

/// What `lab up` starts: the process that a lab is.
struct LabSuperviseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "supervise", abstract: "Be a lab.", shouldDisplay: false)

    @OptionGroup var directory: LabDirectory

    func run() async throws {
        let lab = directory.dir
        let failure: LabError? = await StopSignals.cancelling {
            do throws(LabError) {
                try await LabSupervisor.run(directory: lab)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw CommandError(.failed, failure.description) }
    }
}
