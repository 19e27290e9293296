import ArgumentParser

@main
struct Dialtone: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dialtone",
        abstract: "One manifest becomes a running, self-healing Asterisk cluster.",
        discussion: """
            Dialtone observes libvirt, etcd and fleet, plans, and applies, until what is there is what was written.

            Try it, without any server of your own:
              dialtone lab up --dir lab
              dialtone apply --lab lab -f manifests/minimal.yaml

            Exit status: 0 done; 1 an action failed; 2 plan --detailed-exitcode: something is pending; 64 usage; \
            65 manifest; 69 a system cannot be reached; 73 another controller leads; 75 not converged in time; \
            77 only holds are left.
            """,
        version: "0.1.0",
        subcommands: [
            ValidateCommand.self, PlanCommand.self, ApplyCommand.self, RunCommand.self, StatusCommand.self,
            DestroyCommand.self, DrainCommand.self, UndrainCommand.self, CanaryCommand.self, SchemaCommand.self,
            AnnounceCommand.self,
            DispatchCommand.self,
            KamailioCommand.self,
            LabCommand.self,
        ])

    static func main() async {
        Streams.ignoreBrokenPipes()
        do {
            var command = try await asyncParseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let error as CommandError {
            if !error.message.isEmpty { Streams.error.write("dialtone: \(error.message.printableLines)\n") }
            exit(withError: error.status.exitCode)
        } catch {
            exit(withError: error)
        }
    }
}
