import ArgumentParser

/// `-f FILE`, repeatable.
struct ManifestOptions: ParsableArguments {
    @Option(
        name: [.customShort("f"), .customLong("file")],
        help: ArgumentHelp(
            "A manifest; a directory stands for its .yaml and .yml files, - for standard input. Given again, later "
                + "files win key by key.", valueName: "file"))
    var files: [String] = []

    func validate() throws {
        if files.count(where: { $0 == "-" }) > 1 { throw ValidationError("standard input can be given once only") }
    }

    /// One there has to be.
    func checkGiven() throws {
        if files.isEmpty { throw ValidationError("no manifest was given; give one with -f FILE") }
    }
}
