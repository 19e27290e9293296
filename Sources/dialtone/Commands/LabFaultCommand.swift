import ArgumentParser
import Lab

struct LabFaultCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fault",
        abstract: "Make an instance of a lab misbehave.",
        discussion: """
            hang: it answers nothing; refuse: it refuses calls; slow: calls ring first; drop: calls end by themselves; \
            none: it is well again.

            Examples:
              dialtone lab fault --dir lab astricon-asterisk-4 refuse --status 500 --one-in 5
              dialtone lab fault --dir lab astricon-asterisk-1 hang
              dialtone lab fault --dir lab astricon-asterisk-1 none
            """)

    @OptionGroup var directory: LabDirectory
    @Argument(help: "The instance's name.") var instance: String
    @Argument(help: "none, hang, refuse, slow or drop.") var fault: AsteriskFault.Kind
    @Option(help: "Of refuse: the SIP status, 400 to 699.") var status = 500
    @Option(help: ArgumentHelp("Of refuse: one call in so many.", valueName: "number")) var oneIn = 1
    @Option(help: ArgumentHelp("Of slow and drop: after so long.", valueName: "seconds")) var seconds = 3.0

    func validate() throws {
        guard (400...699).contains(status) else { throw ValidationError("--status takes 400 to 699") }
        guard (1...1_000_000).contains(oneIn) else { throw ValidationError("--one-in takes 1 to 1000000") }
        guard (0...3600).contains(seconds) else { throw ValidationError("--seconds takes 0 to 3600") }
    }

    func run() async throws {
        do {
            try await Lab.fault(
                directory: directory.dir, instance: instance,
                AsteriskFault(fault, status: status, oneIn: oneIn, seconds: seconds))
        } catch {
            throw CommandError(.failed, error.description)
        }
    }
}

extension AsteriskFault.Kind: ExpressibleByArgument {}
