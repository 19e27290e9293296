import ArgumentParser
import ClusterModel
import FoundationEssentials
import Planning
import Reconciler

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what of a cluster is there, and what goes on.",
        usage: "dialtone status -f FILE... [-o text|json] [--watch]",
        discussion: """
            With --watch it is shown again every two seconds, in place on a terminal; elsewhere one after another, in \
            JSON each on a line of its own.

            Examples:
              dialtone status -f cluster.yaml
              dialtone status -f cluster.yaml --watch
              dialtone status -f cluster.yaml -o json | jq .instances
            """)

    @OptionGroup var manifest: ManifestOptions
    @OptionGroup var connections: ConnectionOptions
    @OptionGroup var output: OutputOptions

    @Flag(help: "Show it again every two seconds, until interrupted.")
    var watch = false

    func validate() throws {
        try manifest.checkGiven()
    }

    func run() async throws {
        let intent = Intent(manifest.files, connections, output.format)
        let spec = try intent.load()
        let session = try Session(spec, lab: intent.lab)
        let planner = Planner(desired: spec.expanded())
        var previous: Observed?
        while true {
            let observed = await session.observe(after: previous, images: .remembered)
            show(ClusterStatus(planner, observed, now: session.clock.now()))
            guard watch else {
                return try (observed.unknowns.isEmpty ? ExitStatus.done : .unreachable).end()
            }
            previous = observed
            try await Task.sleep(for: .seconds(2))
        }
    }

    private func show(_ status: ClusterStatus) {
        switch output.format {
        case .json:
            Streams.output.write(JSONText.of(StatusDocument(status), lines: !watch))
        case .text:
            let text = StatusText(status: status, style: .standard(.output)).text
            guard watch else { return Streams.output.write(text) }
            // ECMA-48: cursor home, erase to the end of the screen.
            Streams.output.write(Streams.output.isTerminal ? "\u{1b}[H\u{1b}[J" + text : text + "\n")
        }
    }
}
