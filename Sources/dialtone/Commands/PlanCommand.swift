import ArgumentParser
import ClusterModel
import FoundationEssentials
import Planning
import Reconciler

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show what would be done, to the end; touch nothing.",
        usage: "dialtone plan -f FILE... [-o text|json] [--out PLAN] [--detailed-exitcode]",
        discussion: """
            A line begins with + (create), ~ (change), - (destroy) or -/+ (replace), … for what is waited for, or ! for \
            what is held, with the reason. A replacement counts once in what is created and once in what is destroyed.

            Examples:
              dialtone plan -f cluster.yaml
              dialtone plan -f cluster.yaml -o json | jq .summary
              dialtone plan -f cluster.yaml --detailed-exitcode
              dialtone plan -f cluster.yaml --out plan.json
              dialtone apply plan.json --yes
            """)

    @OptionGroup var manifest: ManifestOptions
    @OptionGroup var connections: ConnectionOptions
    @OptionGroup var output: OutputOptions

    @Option(help: ArgumentHelp("Also keep the plan in a file, for dialtone apply.", valueName: "plan"))
    var out: String?

    @Flag(help: "Exit with 2 when actions, waits or holds are pending.")
    var detailedExitcode = false

    @OptionGroup var destruction: DestructionOptions

    func validate() throws {
        try manifest.checkGiven()
    }

    func run() async throws {
        let intent = Intent(manifest.files, connections, output.format)
        let (sources, spec) = try intent.loadWithSources()
        let session = try Session(spec, lab: intent.lab)
        let planner = Planner(desired: spec.expanded(), allowDestroy: destruction.allowDestroy)
        let observed = await session.observe()
        let plan = planner.plan(observed, now: session.clock.now())
        if let out {
            try SavedPlanFile(SavedPlan(plan, planner: planner, observed: observed), sources: sources).write(out)
        }
        switch output.format {
        case .text: Streams.output.write(PlanText(plan: plan, style: .standard(.output)).text)
        case .json: Streams.output.write(JSONText.of(PlanDocument(plan)))
        }
        try Self.status(plan, detailed: detailedExitcode).end()
    }

    static func status(_ plan: Plan, detailed: Bool) -> ExitStatus {
        var statuses: [ExitStatus] = []
        if !plan.unknowns.isEmpty { statuses.append(.unreachable) }
        if detailed, !plan.isEmpty { statuses.append(.pending) }
        return .first(of: statuses)
    }
}
