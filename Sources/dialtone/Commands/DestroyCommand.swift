import ArgumentParser
import ClusterModel
import FoundationEssentials
import Planning

struct DestroyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "destroy",
        abstract: "Remove a cluster, and everything that is its own.",
        usage: "dialtone destroy -f FILE... [--yes] [--timeout T]",
        discussion: """
            It shows how many nodes and instances go, and asks. An instance with calls is held until they have ended. \
            What carries no mark of this cluster is left alone.

            Examples:
              dialtone destroy -f cluster.yaml
              dialtone destroy -f cluster.yaml --yes
            """)

    @OptionGroup var manifest: ManifestOptions
    @OptionGroup var connections: ConnectionOptions
    @OptionGroup var output: OutputOptions

    @Flag(help: "Ask nothing: the consent to the number that is shown.")
    var yes = false

    @Option(
        help: ArgumentHelp(
            "Give up after this time (90s, 10m); by default the plan's own bound and a margin.", valueName: "t"))
    var timeout: Seconds?

    func validate() throws {
        try manifest.checkGiven()
    }

    func run() async throws {
        let intent = Intent(manifest.files, connections, output.format)
        let spec = try intent.load()
        let planner = Planner(desired: spec.emptied(), allowDestroy: .max)
        try await Reconciliation(
            session: try Session(planner.desired.spec, lab: intent.lab), planner: planner, isConsented: yes,
            timeLimit: timeout?.count, format: output.format,
            question: { "Destroy cluster \(spec.name) with \($0.destroyed.count) nodes and instances?" }
        ).run()
    }
}
