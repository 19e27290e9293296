import ArgumentParser
import Lab

struct LabFaultCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fault",
        abstract: "Make a lab's fleet misbehave as real ones do.",
        discussion: """
            The faults given take the place of those before; without any, all is well again. Units are named as fleet \
            lists them, with .service.

            Examples:
              dialtone lab fault --dir lab --silent astricon-asterisk-1.service
              dialtone lab fault --dir lab --fleet-away
              dialtone lab fault --dir lab
            """)

    @OptionGroup var directory: LabDirectory

    @Flag(help: "Every call to fleet is answered with 500, as when its etcd is away.")
    var fleetAway = false
    @Option(
        help: ArgumentHelp("A unit that runs and has no state, as after a move; may be repeated.", valueName: "unit"))
    var silent: [String] = []
    @Option(help: ArgumentHelp("A unit that fails at every start; may be repeated.", valueName: "unit"))
    var failing: [String] = []
    @Option(
        help: ArgumentHelp("How long the states of a machine that is gone stay behind as ghosts.", valueName: "seconds")
    )
    var ghosts: Double?

    func validate() throws {
        if let ghosts, !(0...1e9).contains(ghosts) { throw ValidationError("--ghosts takes seconds, from 0") }
    }

    func run() async throws {
        do {
            try Lab.set(
                LabFaults(
                    fleetIsAway: fleetAway, silentUnits: Set(silent), failingUnits: Set(failing), ghosts: ghosts),
                directory: directory.dir)
        } catch {
            throw CommandError(.failed, error.description)
        }
    }
}
