import ArgumentParser

/// `--allow-destroy N`
struct DestructionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Nodes and instances that may be destroyed or replaced, where that is more than safety.maxDestroy.",
            valueName: "n"))
    var allowDestroy: Int?

    func validate() throws {
        if let allowDestroy, allowDestroy < 0 { throw ValidationError("--allow-destroy takes 0 or more") }
    }
}
