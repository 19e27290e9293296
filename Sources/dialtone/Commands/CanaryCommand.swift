import ArgumentParser
import ClusterModel

struct CanaryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "canary",
        abstract: "Look at a canary that comes by steps, and decide on it.",
        usage: "dialtone canary status|pause|resume|promote|abort|retry -f FILE...",
        discussion: """
            An order stands in etcd until the controller that runs, or the next apply, has done it.

            Examples:
              dialtone canary status -f cluster.yaml
              dialtone canary promote -f cluster.yaml --note "quiet for a day"
              dialtone canary abort -f cluster.yaml
            """,
        subcommands: [
            CanaryStatusCommand.self, CanaryPauseCommand.self, CanaryResumeCommand.self, CanaryPromoteCommand.self,
            CanaryAbortCommand.self, CanaryRetryCommand.self,
        ])
}

/// What all orders take.
struct CanaryOptions: ParsableArguments {
    @OptionGroup var manifest: ManifestOptions
    @OptionGroup var connections: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        try manifest.checkGiven()
    }

    func desk() throws -> CanaryDesk {
        try CanaryDesk(Intent(manifest.files, connections, output.format))
    }
}

struct CanaryStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show its step, and its calls beside those of the stable version.",
        discussion: """
            The evidence is how many times likelier the calls seen are if the canary is worse than tolerated; where it \
            reaches the last column, the canary goes back by itself.
            """)

    @OptionGroup var options: CanaryOptions

    func run() async throws { try await options.desk().report() }
}

/// A command that gives one order.
protocol CanaryOrderCommand: AsyncParsableCommand {
    static var order: CanaryOrder { get }
    var options: CanaryOptions { get }
    var why: NoteOption { get }
}

extension CanaryOrderCommand {
    func run() async throws { try await options.desk().order(Self.order, note: why.note) }
}

struct CanaryPauseCommand: CanaryOrderCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Stay at this step; one that fails its calls goes back all the same.")
    static let order = CanaryOrder.pause

    @OptionGroup var options: CanaryOptions
    @OptionGroup var why: NoteOption
}

struct CanaryResumeCommand: CanaryOrderCommand {
    static let configuration = CommandConfiguration(commandName: "resume", abstract: "Go on from where it was paused.")
    static let order = CanaryOrder.resume

    @OptionGroup var options: CanaryOptions
    @OptionGroup var why: NoteOption
}

struct CanaryPromoteCommand: CanaryOrderCommand {
    static let configuration = CommandConfiguration(
        commandName: "promote",
        abstract: "Give its image to all replicas, within maxUnavailable, each drained first.")
    static let order = CanaryOrder.promote

    @OptionGroup var options: CanaryOptions
    @OptionGroup var why: NoteOption
}

struct CanaryAbortCommand: CanaryOrderCommand {
    static let configuration = CommandConfiguration(
        commandName: "abort", abstract: "Deal it no more calls; those that are up go on.")
    static let order = CanaryOrder.abort

    @OptionGroup var options: CanaryOptions
    @OptionGroup var why: NoteOption
}

struct CanaryRetryCommand: CanaryOrderCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Begin again from the first step, after it was taken back.")
    static let order = CanaryOrder.retry

    @OptionGroup var options: CanaryOptions
    @OptionGroup var why: NoteOption
}
