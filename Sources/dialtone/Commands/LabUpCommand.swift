import ArgumentParser
import Lab

struct LabUpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Begin a lab.",
        discussion: """
            One that runs in this directory already, or that is being begun, is left as it is, unless an option asks for \
            another: that is an error. The files lab.env, for a shell, and lab.yaml, which \
            --lab puts on top of a manifest, say where its systems are.

            Examples:
              dialtone lab up --dir lab
              . lab/lab.env
            """)

    @OptionGroup var directory: LabDirectory

    @Option(
        help:
            "test: libvirt's own test driver, no machine runs, all else is real; qemu: small real machines, needs root. (default: test)"
    )
    var hypervisor: LabHypervisor?

    @Option(help: "Kamailios that deal the calls, each with its dispatch agent: 0 to 5. (default: 1)")
    var kamailio: Int?

    func validate() throws {
        guard (0...5).contains(kamailio ?? 1) else { throw ValidationError("--kamailio takes 0 to 5") }
    }

    @Option(
        help:
            "auto: real Asterisk for image tags 16 and 22 where make asterisk has made it, SIP endpoints of our own for all others; real: they must be there; own: endpoints alone. (default: auto)"
    )
    var asterisk: LabAsterisk?

    @Option(
        help:
            "quick: fleet's times are short; measured: as long as on a real fleet, ghosts and gaps included. (default: quick)"
    )
    var fleet: LabFleet.Times?

    @Flag(help: "fleet places units that are tied to no machine anew by itself, as a real one does.")
    var fleetMovesUnits = false

    func run() async throws {
        do {
            let environment = try await Lab.up(
                directory: directory.dir,
                wishes: LabWishes(
                    hypervisor: hypervisor, asterisk: asterisk, fleet: fleet,
                    fleetMovesUnits: fleetMovesUnits ? true : nil, kamailios: kamailio))
            Streams.output.write(
                "The lab is up: try --lab \(environment.directory), or source its lab.env.\nAsterisk: \(LabStatus.text(asterisk: environment.asterisk)).\n"
                    .printableLines)
        } catch {
            throw CommandError(error.isUsage ? .usage : .failed, error.description)
        }
    }
}

extension LabHypervisor: ExpressibleByArgument {}
extension LabFleet.Times: ExpressibleByArgument {}
extension LabAsterisk: ExpressibleByArgument {}
