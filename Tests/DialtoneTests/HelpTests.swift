import ArgumentParser
import Testing

@testable import dialtone

@Suite("Help and usage")
struct HelpTests {
    private static let pages: [(name: String, command: any ParsableCommand.Type)] = [
        ("dialtone", Dialtone.self), ("validate", ValidateCommand.self), ("plan", PlanCommand.self),
        ("apply", ApplyCommand.self), ("run", RunCommand.self), ("status", StatusCommand.self),
        ("destroy", DestroyCommand.self), ("schema", SchemaCommand.self), ("announce", AnnounceCommand.self),
        ("lab", LabCommand.self), ("lab-up", LabUpCommand.self), ("lab-down", LabDownCommand.self),
        ("lab-status", LabStatusCommand.self), ("lab-call", LabCallCommand.self), ("lab-fault", LabFaultCommand.self),
        ("dispatch", DispatchCommand.self), ("kamailio", KamailioCommand.self),
    ]

    @Test("The page of every command, as a whole text", arguments: 0..<17)
    func page(index: Int) throws {
        let (name, command) = Self.pages[index]
        try Golden.expect(Dialtone.helpMessage(for: command, columns: 80) + "\n", is: "help-\(name).txt")
    }

    @Test("Every page has an example, and no example is broken over two lines")
    func examples() {
        for (name, command) in Self.pages where name != "dialtone" {
            let page = Dialtone.helpMessage(for: command, columns: 80)
            let examples = page.split(separator: "\n").filter { $0.hasPrefix("  dialtone ") }
            #expect(!examples.isEmpty, "\(name)")
            #expect(!page.contains(#/\n--?[a-z]/#), "\(name)")
        }
    }

    @Test(
        "Wrong usage ends with 64",
        arguments: [
            ["plan"], ["plan", "-f", "a.yaml", "--nonsense"], ["nonsense"], ["apply"], ["apply", "p", "-f", "a.yaml"],
            ["apply", "p", "--etcd", "http://e:2379"], ["apply", "p", "--allow-destroy", "3"],
            ["apply", "-f", "a", "--allow-destroy", "-1"], ["apply", "-f", "a", "--timeout", "soon"],
            ["plan", "-f", "-", "-f", "-"], ["status", "-f", "a", "-o", "xml"], ["run", "-f", "a", "--interval", "0"],
            ["lab", "up"], ["lab", "up", "--dir", "d", "--hypervisor", "vmware"],
            ["announce", "--cluster", "a"], ["dispatch", "--cluster", "a", "--name", "k"],
            ["dispatch", "--cluster", "a", "--name", "k", "--list", "/l", "--sets", "1,1,9"],
            ["lab", "call", "--dir", "d", "--rate", "0"], ["lab", "fault", "--dir", "d", "i", "explode"],
        ])
    func usage(arguments: [String]) {
        let error = #expect(throws: (any Error).self) { try Dialtone.parseAsRoot(arguments) }
        #expect(error.map { Dialtone.exitCode(for: $0).rawValue } == 64)
    }

    @Test("What may be given")
    func given() throws {
        let plan = try #require(
            try Dialtone.parseAsRoot(["plan", "-f", "a.yaml", "-f", "-", "-o", "json", "--out", "p", "--lab", "l"])
                as? PlanCommand)
        #expect(plan.manifest.files == ["a.yaml", "-"])
        #expect(plan.output.format == .json)
        #expect(plan.out == "p")
        let run = try #require(try Dialtone.parseAsRoot(["run", "-f", "d", "--interval", "2m"]) as? RunCommand)
        #expect(run.interval == Seconds(120))
    }
}
