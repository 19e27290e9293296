import ArgumentParser

@main
struct Dialtone: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "dialtone")
}
