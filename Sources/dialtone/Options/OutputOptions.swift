import ArgumentParser

/// `-o text|json`
struct OutputOptions: ParsableArguments {
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text, json
    }

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: "Text for people, or one JSON document on standard output.")
    var format: Format = .text
}
