import Glibc
import TestSupport
import Testing

@Suite(.enabled(if: RealAsterisk.isThere, "there are no trees of Asterisk (make asterisk)"))
struct RealAsteriskTests {
    /// Two of Asterisk 16, one of 22.
    private static let manifest = {
        var manifest = ManifestText(nodes: 3, replicas: 2)
        manifest.image = "registry.example.net/asterisk:16.28"
        manifest.canary = .init(image: "registry.example.net/asterisk:22-alpine", weight: 10)
        return manifest
    }()

    @Test(
        "OPTIONS to each instance is answered by the real Asterisk that its unit's tag names, which is registered, and no process outlives its unit"
    )
    func versions() async throws {
        var pids: [pid_t] = []
        try await LabSession.run { lab in
            try await lab.apply(Self.manifest)
            let environment = readText("\(lab.directory)/lab.env")
            let said = try #require(environment.firstMatch(of: /LAB_ASTERISK='(16[^ ]*) (22[^ ]*)'/))
            let status = try await lab.status(Self.manifest)
            for (instance, version) in [
                ("e2e-asterisk-1", said.1), ("e2e-asterisk-2", said.1), ("e2e-asterisk-3", said.2),
            ] {
                let address = try #require(
                    status["instances"].array.first { $0["name"].string == instance }?["address"].string)
                let host = String(address.prefix { $0 != ":" })
                #expect(try await SIPOptions.server(host) == "Asterisk PBX \(version)")
                let key = try await lab.document("/dialtone/e2e/instances/\(instance)")
                #expect(key["version"].string == String(version))
                #expect(try await lab.document("/dialtone/e2e/calls/\(instance)")["calls"].int == 0)
                pids.append(try lab.pid(of: "\(instance).service"))
            }
            let lives = try await lab.dialtone("lab", "status", "--dir", lab.directory)
            #expect(lives.stdout.contains("asterisk: \(said.1) and \(said.2), by images' tags"), "\(lives)")

            // A call is a channel of Asterisk, and the announcer counts it.
            let call = try ChildProcess(
                ["sipp", "-sn", "uac", "-s", "100", "-m", "1", "-d", "60000", "-nostdin", Self.host(status, 0)],
                workingDirectory: lab.files.path)
            try await eventually("the call is counted", deadline: .seconds(15)) {
                try await lab.status(Self.manifest)["instances"].array.first?["calls"].int == 1
            }
            try await call.stop()

            // A dead machine's Asterisk is dead with it, and another one runs on its successor.
            try await lab.virsh("destroy", "e2e-node-3")
            try await eventually("its process is gone") { Self.isGone(pids[2]) }
            try await lab.apply(Self.manifest)
            #expect(try await SIPOptions.server(Self.host(status, 2)) == "Asterisk PBX \(said.2)")
            let last = try lab.pid(of: "e2e-asterisk-3.service")
            #expect(last != pids[2])
            pids.append(last)
            var fewer = Self.manifest
            fewer.canary = nil
            try await lab.apply(fewer)
            try await eventually("its process is gone") { Self.isGone(last) }
        }
        for pid in pids { #expect(Self.isGone(pid)) }
    }

    @Test("An Asterisk that was stopped with SIGSTOP is not answering within its time, and is again when it goes on")
    func stopped() async throws {
        try await LabSession.run { lab in
            var manifest = ManifestText(nodes: 1, replicas: 1)
            manifest.image = "registry.example.net/asterisk:22.10"
            try await lab.apply(manifest)
            let pid = try lab.pid(of: "e2e-asterisk-1.service")
            kill(pid, SIGSTOP)
            let began = ContinuousClock.now
            // Three probes in turn, one a second.
            try await eventually("its key is gone", deadline: .seconds(6)) {
                try await lab.document("/dialtone/e2e/instances/e2e-asterisk-1") == .null
            }
            #expect(ContinuousClock.now - began > .seconds(1))
            #expect(try await lab.status(manifest)["instances"].array.first?["up"].bool == false)
            let planned = try await lab.dialtone("plan", "-f", lab.write(manifest), "--detailed-exitcode")
            #expect(planned.status == 2, "\(planned)")
            kill(pid, SIGCONT)
            try await eventually("its key is back") {
                try await lab.document("/dialtone/e2e/instances/e2e-asterisk-1")["health"].string == "answering"
            }
            #expect(try lab.pid(of: "e2e-asterisk-1.service") == pid)
            try await lab.expectConverged(manifest)
            // One that cannot hear is ended all the same.
            kill(pid, SIGSTOP)
        }
    }

    @Test(
        "A real Asterisk refuses calls, answers them late or ends them when the lab is told so, and answers well again")
    func faults() async throws {
        try await LabSession.run(kamailios: 1) { lab in
            var manifest = ManifestText(nodes: 1, replicas: 1)
            manifest.image = "registry.example.net/asterisk:16.28"
            manifest.dispatchers = ["edge"]
            try await lab.apply(manifest)
            func calls(_ fault: String...) async throws -> String {
                let words = ["lab", "fault", "--dir", lab.directory, "e2e-asterisk-1"] + fault
                let told = try await lab.dialtone(words)
                #expect(told.status == 0, "\(told)")
                let made = try await lab.dialtone(
                    "lab", "call", "--dir", lab.directory, "--rate", "10", "--duration", "1", "--hold", "2500",
                    deadline: .seconds(30))
                return made.stdout
            }
            #expect(try await calls("none").contains("10 calls: 10 answered, 0 without an answer, 0 cut"))
            #expect(try await calls("refuse", "--status", "486").contains("0 answered, 10 x 486"))
            #expect(try await calls("refuse", "--one-in", "5").contains("8 answered, 2 x 500"))
            let began = ContinuousClock.now
            #expect(try await calls("slow", "--seconds", "4").contains("10 answered, 0 without an answer, 0 cut"))
            #expect(ContinuousClock.now - began > .seconds(6))
            #expect(try await calls("drop", "--seconds", "1").contains("10 answered, 0 without an answer, 10 cut"))
            #expect(try await calls("none").contains("10 calls: 10 answered, 0 without an answer, 0 cut"))
            let refused = try await lab.dialtone(
                "lab", "fault", "--dir", lab.directory, "e2e-asterisk-1", "refuse", "--status", "444")
            #expect(refused.status == 1 && refused.stderr.contains("and not with 444"), "\(refused)")
        }
    }

    @Test("With --asterisk own there is no real one, and the lab says so")
    func own() async throws {
        let files = try TemporaryDirectory()
        let directory = files.file("lab")
        let up = try await Executable.run("lab", "up", "--dir", directory, "--asterisk", "own")
        #expect(up.status == 0)
        #expect(up.output.contains("Asterisk: SIP endpoints of our own."))
        #expect(readText("\(directory)/lab.env").contains("LAB_ASTERISK=''"))
        let down = try await Executable.run("lab", "down", "--dir", directory)
        #expect(down.status == 0)
    }

    @Test("With --asterisk real a lab without the trees does not come up, and says what makes them")
    func missing() async throws {
        let files = try TemporaryDirectory()
        let up = try await ChildProcess.run(
            [Executable.path, "lab", "up", "--dir", files.file("lab"), "--asterisk", "real"],
            environment: Executable.plainEnvironment.merging(["DIALTONE_ASTERISK": files.file("none")]) { $1 })
        #expect(up.status == 1)
        #expect(up.output.contains("there is no Asterisk 16 in \(files.file("none")): make asterisk makes it"), "\(up)")
        #expect(access(files.file("lab"), F_OK) != 0)
    }

    private static func host(_ status: JSON, _ index: Int) -> String {
        String((status["instances"].array[index]["address"].string ?? "").prefix { $0 != ":" })
    }

    private static func isGone(_ pid: pid_t) -> Bool {
        let stat = readText("/proc/\(pid)/stat")
        return stat.isEmpty || stat.contains(") Z ")
    }
}
