import ArgumentParser
import Lab
import SIP

struct LabCallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "call",
        abstract: "Make real calls through a lab's Kamailio, and say what they saw.",
        discussion: """
            sipp calls; what answers is an instance of the cluster. A call is cut when the other side ends it first.

            Examples:
              dialtone lab call --dir lab --rate 20 --duration 10
            """)

    @OptionGroup var directory: LabDirectory
    @Option(help: "Calls a second.") var rate = 10
    @Option(help: ArgumentHelp("Seconds for which calls begin.", valueName: "seconds")) var duration = 10
    @Option(help: ArgumentHelp("Milliseconds that a call lasts.", valueName: "ms")) var hold = 1000
    @Option(help: "The number that is called.") var number = "100"
    @Option(help: ArgumentHelp("A header line of the calls, such as 'X-Beta: yes'.", valueName: "line"))
    var header: [String] = []
    @Option(help: "Which of several Kamailios, from 1 on.") var kamailio = 1
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...1000).contains(rate) else { throw ValidationError("--rate takes 1 to 1000") }
        guard (1...86_400).contains(duration) else { throw ValidationError("--duration takes 1 to 86400") }
        guard (1...86_400_000).contains(hold) else { throw ValidationError("--hold takes 1 to 86400000") }
        guard !number.isEmpty, number.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "+*#".contains($0)) })
        else { throw ValidationError("--number takes letters, digits, '+', '*' and '#'") }
        guard header.allSatisfy({ SippHeader($0) != nil }) else {
            throw ValidationError("--header takes one line without brackets, such as 'X-Beta: yes'")
        }
    }

    func run() async throws {
        let plan = CallPlan(
            rate: rate, duration: duration, hold: hold, number: number, headers: header.compactMap(SippHeader.init))
        let report: CallReport
        do {
            report = try await Lab.call(directory: directory.dir, plan, dealer: kamailio)
        } catch {
            throw CommandError(.failed, error.description)
        }
        switch output.format {
        case .text: Streams.output.write(report.description.printableLines + "\n")
        case .json: Streams.output.write(JSONText.of(report))
        }
    }
}
