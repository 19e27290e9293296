import ArgumentParser
import Lab

struct LabFaultCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fault",
        abstract: "Make a lab's fleet, or an instance of Asterisk, misbehave as real ones do.",
        discussion: """
            With an instance: hang (it answers nothing), refuse (it refuses calls), slow (calls ring first), drop (calls \
            end by themselves) or none (it is well again).

            Without: faults of fleet. Those given take the place of those before; without any, all is well again. Units are \
            named as fleet lists them, with .service.

            Examples:
              dialtone lab fault --dir lab astricon-asterisk-4 refuse --one-in 5
              dialtone lab fault --dir lab astricon-asterisk-1 hang
              dialtone lab fault --dir lab --silent astricon-asterisk-1.service
              dialtone lab fault --dir lab --fleet-away
              dialtone lab fault --dir lab
            """)

    @OptionGroup var directory: LabDirectory

    @Argument(help: "An instance's name.") var instance: String?
    @Argument(help: "none, hang, refuse, slow or drop.") var fault: AsteriskFault.Kind?
    @Option(help: "Of refuse: the SIP status, 400 to 699.") var status = 500
    @Option(help: ArgumentHelp("Of refuse: one call in so many.", valueName: "number")) var oneIn = 1
    @Option(help: ArgumentHelp("Of slow and drop: after so long.", valueName: "seconds")) var seconds = 3.0
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
        guard (400...699).contains(status) else { throw ValidationError("--status takes 400 to 699") }
        guard (1...1_000_000).contains(oneIn) else { throw ValidationError("--one-in takes 1 to 1000000") }
        guard (0...3600).contains(seconds) else { throw ValidationError("--seconds takes 0 to 3600") }
        guard (instance == nil) == (fault == nil) else {
            throw ValidationError("an instance needs its fault: none, hang, refuse, slow or drop")
        }
        let hasFleetFault = fleetAway || !silent.isEmpty || !failing.isEmpty || ghosts != nil
        guard instance == nil || !hasFleetFault else {
            throw ValidationError("an instance's fault and fleet's are set one after the other")
        }
    }

    func run() async throws {
        do {
            if let instance, let fault {
                try await Lab.fault(
                    directory: directory.dir, instance: instance,
                    AsteriskFault(fault, status: status, oneIn: oneIn, seconds: seconds))
            } else {
                try Lab.set(
                    LabFaults(
                        fleetIsAway: fleetAway, silentUnits: Set(silent), failingUnits: Set(failing), ghosts: ghosts),
                    directory: directory.dir)
            }
        } catch {
            throw CommandError(.failed, error.description)
        }
    }
}

extension AsteriskFault.Kind: ExpressibleByArgument {}
