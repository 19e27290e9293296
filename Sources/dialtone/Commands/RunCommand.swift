import ArgumentParser
import ClusterModel
import FoundationEssentials
import Glibc
import Planning
import Reconciler

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Keep what is there as the manifest asks, until told to end.",
        usage: "dialtone run -f FILE-OR-DIR... [--interval T]",
        discussion: """
            It looks whenever a system or the manifest changes, and each interval. A changed manifest is taken up when it \
            is valid; else its problems are said, and the last good one stays in force. Several may run for one cluster: \
            one leads, the others stand by. A directory holds the parts of one cluster's manifest: each cluster has a run \
            of its own. SIGTERM or an interrupt lets what runs end.

            Examples:
              dialtone run -f cluster.yaml
              dialtone run -f /etc/dialtone/astricon.d --interval 10s
            """)

    @OptionGroup var manifest: ManifestOptions
    @OptionGroup var connections: ConnectionOptions

    @Option(help: ArgumentHelp("Look again after this time when nothing happens.", valueName: "t"))
    var interval = Seconds(30)

    func validate() throws {
        try manifest.checkGiven()
    }

    func run() async throws {
        let intent = Intent(manifest.files, connections, .text)
        let (sources, spec) = try intent.loadWithSources()
        let display = ProgressDisplay(isContinuous: true)
        let watch = ManifestWatch(intent: intent, sources: sources, spec: spec) { display.say($0) }
        let control = RunControl()
        let signals = StopSignals {
            display.say("stopping: what runs is let end; interrupt again to leave it at once")
            control.stop()
        } again: {
            _exit(ExitStatus.notInTime.rawValue)
        }
        defer { signals.cancel() }
        let watching = Task { await watch.run(telling: control) }
        defer { watching.cancel() }
        display.say("runs: cluster \(spec.name), every \(interval.count) s")
        var next: ClusterSpec? = spec
        // New connections need new ports; anything else is taken up by the loop that runs.
        while let spec = next {
            let session = try Session(spec, lab: intent.lab)
            let turn = control.begin(spec)
            let loop = Loop(
                ports: session.ports, planner: Planner(desired: spec.expanded()),
                settings: Settings(mode: .continuous, interval: interval.count, seed: .random(in: .min ... .max)),
                holder: ProcessIdentity.hostname)
            _ = await display.during {
                await loop.run(display.listener, stops: turn.stops, planners: turn.planners)
            }
            next = control.successor
        }
        display.say("ended")
    }
}
