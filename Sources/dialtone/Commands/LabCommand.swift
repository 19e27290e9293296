import ArgumentParser
import Lab

struct LabCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lab",
        abstract: "A world of its own to try manifests in.",
        discussion: """
            A lab is a real libvirtd with its test driver, a real etcd, a fleet, a real Kamailio with its dispatch agent, and \
            Asterisk, real where make asterisk has made it, all on this machine, for an ordinary user. Any manifest can be \
            tried in it as it is.

            Examples:
              dialtone lab up --dir lab
              dialtone apply --lab lab -f cluster.yaml
              dialtone lab call --dir lab --rate 20 --duration 10
              . lab/lab.env; virsh -c "$DIALTONE_LIBVIRT" list --all
              dialtone lab down --dir lab
            """,
        subcommands: [
            LabUpCommand.self, LabDownCommand.self, LabStatusCommand.self, LabCallCommand.self, LabFaultCommand.self,
            LabSuperviseCommand.self,
        ])
}

/// `--dir DIR`
struct LabDirectory: ParsableArguments {
    @Option(help: ArgumentHelp("The lab's directory.", valueName: "dir"))
    var dir: String
}
