import ArgumentParser
import ClusterModel
import FoundationEssentials
import Planning
import Reconciler

struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Make what is there what the manifest asks for.",
        usage: "dialtone apply -f FILE... | PLAN [--yes] [--timeout T] [--allow-destroy N]",
        discussion: """
            It shows the plan, asks, and carries it out step by step, looking again after each. It can be cut anywhere \
            and begun again. A saved plan is refused when the manifest or what is there has changed, and nothing outside \
            it is done.

            Examples:
              dialtone apply -f cluster.yaml
              dialtone apply -f cluster.yaml --yes --timeout 10m
              dialtone apply -f cluster.yaml --yes --allow-destroy 5
              dialtone apply plan.json --yes
            """)

    @Argument(help: "A plan that dialtone plan --out has saved, in place of -f.")
    var plan: String?

    @OptionGroup var manifest: ManifestOptions
    @OptionGroup var connections: ConnectionOptions
    @OptionGroup var output: OutputOptions

    @Flag(help: "Ask nothing.")
    var yes = false

    @Option(
        help: ArgumentHelp(
            "Give up after this time (90s, 10m); by default the plan's own bound and a margin.", valueName: "t"))
    var timeout: Seconds?

    @OptionGroup var destruction: DestructionOptions

    func validate() throws {
        guard plan != nil else {
            return try manifest.checkGiven()
        }
        guard manifest.files.isEmpty else { throw ValidationError("give a saved plan or -f, not both") }
        guard connections.libvirt == nil, connections.etcd == nil, connections.fleet == nil else {
            throw ValidationError("a saved plan holds its connections; make a new one with others")
        }
        guard destruction.allowDestroy == nil else {
            throw ValidationError("a saved plan holds what may be destroyed; give --allow-destroy to dialtone plan")
        }
    }

    func run() async throws {
        let intent = Intent(manifest.files, connections, output.format)
        let saved = try plan.map { path throws(CommandError) in try SavedPlanFile.read(path) }
        let planner: Planner
        if let saved {
            planner = saved.plan.planner
        } else {
            planner = Planner(desired: try intent.load().expanded(), allowDestroy: destruction.allowDestroy)
        }
        try await Reconciliation(
            session: try Session(planner.desired.spec, lab: intent.lab), planner: planner, saved: saved,
            isConsented: yes, timeLimit: timeout?.count, format: output.format,
            question: { plan in
                plan.actions.count == 1 ? "Apply this action?" : "Apply these \(plan.actions.count) actions?"
            }
        ).run()
    }
}
