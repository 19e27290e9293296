import ArgumentParser

/// `--note TEXT`: why a person orders something.
struct NoteOption: ParsableArguments {
    @Option(help: ArgumentHelp("Why, for those who look at it later.", valueName: "text"))
    var note = ""
}
