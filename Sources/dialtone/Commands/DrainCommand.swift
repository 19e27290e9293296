import ArgumentParser

struct DrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain",
        abstract: "Order that an instance, or all those of a node, get no new calls.",
        usage: "dialtone drain INSTANCE|NODE -f FILE... [--note TEXT] [-o text|json]",
        discussion: """
            The order stands in etcd until undrain takes it back. A controller that runs obeys it at once, else the \
            next apply does. Calls that are up go on; status shows how many there are.

            Examples:
              dialtone drain astricon-asterisk-2 -f cluster.yaml --note "new disk on Monday"
              dialtone drain astricon-node-1 -f cluster.yaml
              dialtone undrain astricon-asterisk-2 -f cluster.yaml
            """)

    @Argument(help: "The instance, or the node.")
    var target: String

    @OptionGroup var why: NoteOption

    @OptionGroup var manifest: ManifestOptions
    @OptionGroup var connections: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        try manifest.checkGiven()
    }

    func run() async throws {
        let desk = try DrainDesk(target, Intent(manifest.files, connections, output.format))
        try await desk.order(by: Person.name, note: why.note)
    }
}

struct UndrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "undrain",
        abstract: "Take the order back: calls are dealt there again.",
        usage: "dialtone undrain INSTANCE|NODE -f FILE... [-o text|json]",
        discussion: """
            An order that is not there is no error.

            Examples:
              dialtone undrain astricon-asterisk-2 -f cluster.yaml
            """)

    @Argument(help: "The instance, or the node.")
    var target: String

    @OptionGroup var manifest: ManifestOptions
    @OptionGroup var connections: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        try manifest.checkGiven()
    }

    func run() async throws {
        try await DrainDesk(target, Intent(manifest.files, connections, output.format)).withdraw()
    }
}
