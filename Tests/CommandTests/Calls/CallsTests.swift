import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// Real calls through the lab's real Kamailio, dealt by what `apply` wrote.
@Suite struct CallsTests {
    @Test("Ten of a hundred calls reach the canary, exactly; a plan says so before, and a hung instance costs no call")
    func split() async throws {
        try await LabSession.run(kamailios: 1) { lab in
            var manifest = ManifestText(nodes: 4, replicas: 3)
            manifest.canary = .init(weight: 10)
            let plan = try await lab.dialtone("plan", "-f", lab.write(manifest))
            #expect(plan.stdout.contains("dealt to stable: 90 % of calls, 30 % to each of 3 instances"), "\(plan)")
            #expect(plan.stdout.contains("dispatcher kamailio-1 has revision"))
            try await lab.apply(manifest)
            try await lab.expectConverged(manifest)
            let report = try await lab.call("--rate", "50", "--duration", "4", "--hold", "200")
            #expect(report["answered"].int == 200 && report["cut"].int == 0)
            #expect(report["tracks"]["canary"]["answered"].int == 20)
            #expect(report["instances"]["e2e-asterisk-1"]["answered"].int == 60)
            try await lab.successful([
                Executable.path, "lab", "fault", "--dir", lab.directory, "e2e-asterisk-1", "hang",
            ])
            let during = try await lab.call("--rate", "20", "--duration", "2", "--hold", "100")
            #expect(during["answered"].int == 40, "\(during)")
            #expect(during["instances"]["e2e-asterisk-1"] == .null)
        }
    }

    @Test("With one of two Kamailios stopped, nothing is touched until it has acknowledged; the wait names it")
    func stopped() async throws {
        try await LabSession.run(kamailios: 2) { lab in
            var manifest = ManifestText(nodes: 2, replicas: 2)
            try await lab.apply(manifest)
            let second = try lab.process("kamailio-2")
            kill(-second, SIGSTOP)
            defer { kill(-second, SIGCONT) }
            manifest.image = "registry.example.net/asterisk:20.10"
            let file = try lab.write(manifest)
            let apply = try lab.start("apply", "-f", file, "--yes")
            try await eventually("it waits for the one that is stopped", deadline: .seconds(30)) {
                let status = try await lab.status(manifest)
                return status["now"]["waits"].array.contains {
                    $0["kind"].string == "acknowledgement" && $0["target"].string == "kamailio-2"
                }
            }
            #expect(apply.isRunning)
            for name in ["e2e-asterisk-1", "e2e-asterisk-2"] {
                #expect(try await lab.option("ExecStart", of: name)?.hasSuffix("asterisk:20.9") == true)
            }
            kill(-second, SIGCONT)
            #expect(try await apply.waitForExit(deadline: .seconds(90)) == 0, "\(apply.output)")
            try await lab.expectConverged(manifest)
        }
    }
}

extension LabSession {
    /// `dialtone lab call` with those arguments, as its JSON document.
    func call(_ arguments: String...) async throws -> JSON {
        try JSON(
            await successful([Executable.path, "lab", "call", "--dir", directory, "-o", "json"] + arguments))
    }

    /// The pid of one of the lab's processes.
    func process(_ name: String) throws -> pid_t {
        struct Record: Decodable {
            struct Child: Decodable {
                struct Identity: Decodable {
                    var pid: pid_t
                }
                var name: String
                var process: Identity
            }
            var children: [Child]
        }
        struct Missing: Error {
            var name: String
        }
        let record = try JSONDecoder().decode(Record.self, from: Data(readText("\(directory)/lab.json").utf8))
        guard let child = record.children.first(where: { $0.name == name }) else { throw Missing(name: name) }
        return child.process.pid
    }
}
