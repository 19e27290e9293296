import FoundationEssentials
import Glibc
import Libvirt
import SIP
import TestSupport
import Testing

@testable import Lab

@Suite(.timeLimit(.minutes(2)), .serialized) struct LabLifeTests {
    private func processes(of directory: String) throws -> [ProcessIdentity] {
        guard let record = try LabRecord.read(directory + "/lab.json") else { return [] }
        return ProcessIdentity.marked(record.id)
    }

    @Test("A lab comes up with everything answering, and after its end and `down` nothing of it is left")
    func upAndDown() async throws {
        let directory = try TemporaryDirectory()
        let lab = try await RunningLab.start(directory.file("lab"))
        let status = try Lab.status(directory: lab.directory)
        #expect(status.isUp)
        #expect(status.processes.map(\.name).sorted() == ["etcd", "libvirtd"])
        let names = try await lab.libvirt.listDomains().map(\.name)
        #expect(names == ["test"])
        #expect(try await lab.fleet("machines") == "{}")
        let socket = try await ChildProcess.run([
            "curl", "-sS", "--unix-socket", lab.directory + "/fleet.sock", "http://fleet/fleet/v1/units",
        ])
        #expect(socket.output == "{}")
        let health = try await ChildProcess.run(["curl", "-sS", lab.environment.etcd + "/health"])
        #expect(health.output.contains("true"))
        let sourced = try await ChildProcess.run(
            [
                "sh", "-c",
                ". \(lab.directory)/lab.env; printenv DIALTONE_LIBVIRT DIALTONE_ETCD DIALTONE_FLEET DIALTONE_LAB",
            ])
        let environment = lab.environment
        #expect(
            sourced.output.split(separator: "\n").map(String.init) == [
                environment.libvirt, environment.etcd, environment.fleet, environment.directory,
            ])
        let own = try processes(of: lab.directory)
        #expect(own.count >= 2)
        try await lab.stop()
        #expect(own.filter(\.isAlive).isEmpty)
        #expect(try await Lab.down(directory: lab.directory) == [])
        #expect(!FileManager.default.fileExists(atPath: lab.directory))
    }

    @Test(
        "A marked domain that runs is a machine with its drive's name and address; a foreign one is none; one that stops leaves"
    )
    func machines() async throws {
        let directory = try TemporaryDirectory()
        let lab = try await RunningLab.start(directory.file("lab"))
        let address = "\(lab.network).11"
        let node = try await lab.startNode("a-node-1", address: address)
        let listed = try await eventually("the machine is listed") { () -> String? in
            let answer = try await lab.fleet("machines")
            return answer.contains("a-node-1") ? answer : nil
        }
        #expect(listed.contains(#""primaryIP":"\#(address)""#))
        #expect(listed.contains(#""rack":"r1""#))
        try await lab.libvirt.destroy(node)
        try await eventually("it left") { try await lab.fleet("machines") == "{}" }
        try await lab.stop()
        try await Lab.down(directory: lab.directory)
    }

    @Test(
        "An Asterisk unit answers SIP and ARI on its node, its announcer is run with its arguments, and both end with the node"
    )
    func units() async throws {
        let directory = try TemporaryDirectory()
        // An announcer that only says what it was given, and stays.
        let program = try directory.write(
            "#!/bin/sh\necho \"$@\" >> \(directory.file("announced"))\nexec sleep 1000\n", to: "program", mode: 0o755)
        let lab = try await RunningLab.start(directory.file("lab"), executable: program)
        let address = "\(lab.network).12"
        let node = try await lab.startNode("a-node-1", address: address)
        try await lab.put(
            "a-asterisk-1.service",
            [
                (
                    "Service", "ExecStart",
                    "/usr/bin/docker run --env DIALTONE_SIP_PORT=5070 --env DIALTONE_ARI_PORT=8098 r/asterisk:20.9"
                ),
                ("X-Fleet", "MachineMetadata", "dialtone-node=a-node-1"), ("X-Dialtone", "Component", "asterisk"),
            ])
        try await lab.put(
            "a-announcer-1.service",
            [
                ("Service", "ExecStart", "/opt/dialtone/bin/dialtone announce --name \"a b\""),
                ("X-Fleet", "MachineOf", "a-asterisk-1.service"), ("X-Dialtone", "Component", "announcer"),
            ])
        try await eventually("SIP answers") {
            await SIPProbe.options(host: address, port: 5070, timeout: .milliseconds(200))
                == .answered(status: 200, server: "Asterisk PBX 20.9")
        }
        let ari = try await eventually("ARI answers") { () -> String? in
            let answer = try await ChildProcess.run(["curl", "-sSi", "http://\(address):8098/ari/channels"])
            return answer.status == 0 ? answer.output : nil
        }
        #expect(ari.contains("Server: Asterisk/20.9"))
        #expect(ari.hasSuffix("[]"))
        try await eventually("the announcer runs") { readText(directory.file("announced")) == "announce --name a b\n" }
        let announcer = try await eventually("it is in the record") {
            try Lab.status(directory: lab.directory).processes.first {
                $0.name == "a-announcer-1.service" && $0.isRunning
            }
        }
        let process = try #require(ProcessIdentity(pid: announcer.pid))
        try await lab.libvirt.destroy(node)
        try await eventually("the announcer was killed") { !process.isAlive }
        try await eventually("SIP is silent") {
            await !SIPProbe.options(host: address, port: 5070, timeout: .milliseconds(200)).isAlive
        }
        try await eventually("it is out of the record") {
            try Lab.status(directory: lab.directory).processes.map(\.name).sorted() == ["etcd", "libvirtd"]
        }
        try await lab.stop()
        try await Lab.down(directory: lab.directory)
    }

    @Test(
        "A node that is started anew at once loses what ran on it, and gets it anew; fleet may notice later that one is dead"
    )
    func restarts() async throws {
        let directory = try TemporaryDirectory()
        let program = try directory.write("#!/bin/sh\nexec sleep 1000\n", to: "program", mode: 0o755)
        let lab = try await RunningLab.start(directory.file("lab"), executable: program, machineLag: 600)
        let node = try await lab.startNode("a-node-1", address: "\(lab.network).13")
        try await lab.put(
            "a-announcer-1.service",
            [("Service", "ExecStart", "/opt/dialtone/bin/dialtone announce"), ("X-Dialtone", "Component", "announcer")])
        func announcer(_ what: String, unlike old: Int32? = nil) async throws -> ProcessIdentity {
            try await eventually(what) {
                try Lab.status(directory: lab.directory).processes
                    .first { $0.name.hasPrefix("a-announcer") && $0.isRunning && $0.pid != old }
                    .flatMap { ProcessIdentity(pid: $0.pid) }
            }
        }
        let first = try await announcer("the announcer runs")
        try await lab.libvirt.destroy(node)
        try await lab.libvirt.start(node)
        let second = try await announcer("another announcer runs", unlike: first.pid)
        try await eventually("the first was killed") { !first.isAlive }
        try await lab.libvirt.destroy(node)
        try await eventually("the second was killed") { !second.isAlive }
        #expect(try await lab.fleet("machines").contains("a-node-1"), "fleet has not noticed")
        try await lab.stop()
        try await Lab.down(directory: lab.directory)
    }

    @Test("A libvirtd that ends is started anew with what a lab's host has, as often as it ends")
    func daemonEnds() async throws {
        let directory = try TemporaryDirectory()
        let lab = try await RunningLab.start(directory.file("lab"))
        try await lab.startNode("a-node-1", address: "\(lab.network).11")
        func daemon() throws -> Int32? {
            try Lab.status(directory: lab.directory).processes.first { $0.name == "libvirtd" && $0.isRunning }?.pid
        }
        for _ in 1...3 {
            let pid = try #require(try daemon())
            #expect(kill(pid, SIGKILL) == 0)
            try await eventually("another one has the lab's network", deadline: .seconds(30)) {
                guard let next = try daemon(), next != pid else { return false }
                return try await lab.libvirt.network(named: "dialtone")?.isActive == true
            }
            #expect(try Lab.status(directory: lab.directory).processes.count { $0.name == "libvirtd" } == 1)
        }
        // The test driver forgets its machines, and what ran on them has ended.
        #expect(try await lab.libvirt.listDomains().map(\.name) == ["test"])
        try await eventually("fleet lists no machine") { try await lab.fleet("machines") == "{}" }
        try await lab.startNode("a-node-1", address: "\(lab.network).11")
        try await eventually("the machine is listed") { try await lab.fleet("machines").contains("a-node-1") }
        try await lab.stop()
        try await Lab.down(directory: lab.directory)
    }

    @Test("A lab whose libvirtd was stopped with SIGSTOP ends at once all the same")
    func daemonHangs() async throws {
        let directory = try TemporaryDirectory()
        let lab = try await RunningLab.start(directory.file("lab"))
        let daemon = try #require(try Lab.status(directory: lab.directory).processes.first { $0.name == "libvirtd" })
        await lab.libvirt.close()
        #expect(kill(daemon.pid, SIGSTOP) == 0)
        // So that somebody waits for its answer.
        try await Task.sleep(for: .milliseconds(1200))
        let began = ContinuousClock.now
        try await lab.stop()
        try await Lab.down(directory: lab.directory)
        #expect(ContinuousClock.now - began < .seconds(5))
    }

    @Test("Who begins a lab that is being begun waits for it, whose end frees the way; one that runs is taken as it is")
    func begunTwice() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("lab")
        let (record, layout) = try Lab.prepare(LabLayout.absolute(path), kamailios: 2)
        let keeper = RecordKeeper(record, layout)
        try await keeper.begin()
        let environment = LabEnvironment(libvirt: "test:///x", etcd: "http://e", fleet: "http://f", directory: path)
        let second = Task { try await Lab.up(directory: path, executable: "/bin/true") }
        let third = Task { try await Lab.up(directory: path, executable: "/bin/true") }
        try await Task.sleep(for: .milliseconds(200))
        try LabFile.replace(layout.environment, with: Array(environment.shellLines.utf8))
        #expect(try await second.value == environment)
        #expect(try await third.value == environment)
        #expect(try LabRecord.read(layout.record)?.id == record.id)
        let asked = LabWishes(asterisk: .auto, fleet: .quick, kamailios: 2)
        #expect(try await Lab.up(directory: path, wishes: asked, executable: "/bin/true") == environment)
        // Its supervisor ends without having come up: the next one begins anew, and fails as its program does.
        #expect(unlink(layout.environment) == 0)
        let fourth = Task { try await Lab.up(directory: path, executable: "/bin/false") }
        try await Task.sleep(for: .milliseconds(100))
        try await keeper.finish()
        let error = await #expect(throws: LabError.self) { try await fourth.value }
        #expect(error?.description.contains("its supervisor ended with status 1") == true)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("A lab that runs and is another than asked for is an error that says in what")
    func otherwise() async throws {
        let directory = try TemporaryDirectory()
        let lab = try await RunningLab.start(directory.file("lab"))
        let wishes = LabWishes(asterisk: .own, fleet: .measured, fleetMovesUnits: true, kamailios: 3)
        let error = await #expect(throws: LabError.self) { try await Lab.up(directory: lab.directory, wishes: wishes) }
        #expect(error?.isUsage == true)
        for words in [
            "--asterisk own, and it has auto", "--fleet measured, and it has quick",
            "--fleet-moves-units, and it has none", "--kamailio 3, and it has 0",
            "`dialtone lab down --dir \(lab.directory)`",
        ] {
            #expect(error?.description.contains(words) == true, "\(words)")
        }
        #expect(try Lab.status(directory: lab.directory).isUp)
        try await lab.stop()
        try await Lab.down(directory: lab.directory)
    }

    @Test(
        "A daemon that ends ever again is left ever longer, but never for good; one that lived long is started at once")
    func backOff() {
        var backOff = BackOff()
        let pauses = (0..<9).map { _ in backOff.pause(after: .milliseconds(100)) }
        let expected: [Double] = [0, 0.25, 0.5, 1, 2, 4, 8, 15, 15]
        #expect(pauses == expected.map { .seconds($0) })
        #expect(backOff.pause(after: .seconds(31)) == .zero)
        #expect(backOff.pause(after: .seconds(1)) == .milliseconds(250))
    }

    @Test("Two labs side by side have nothing in common")
    func sideBySide() async throws {
        let directory = try TemporaryDirectory()
        async let one = RunningLab.start(directory.file("one"))
        async let two = RunningLab.start(directory.file("two"))
        let labs = try await [one, two]
        #expect(labs[0].network != labs[1].network)
        try await labs[0].startNode("n", address: "\(labs[0].network).11")
        let others = try await labs[1].libvirt.listDomains().map(\.name)
        #expect(others == ["test"])
        for lab in labs {
            try await lab.stop()
            try await Lab.down(directory: lab.directory)
        }
    }

    @Test("A directory with a path too long for sockets has them elsewhere, and they go too")
    func longPath() async throws {
        let directory = try TemporaryDirectory()
        let lab = try await RunningLab.start(directory.file(String(repeating: "long", count: 25)))
        let short = try #require(try LabRecord.read(lab.directory + "/lab.json")?.shortDirectory)
        #expect(lab.environment.libvirt.contains(short))
        try await lab.stop()
        try await Lab.down(directory: lab.directory)
        #expect(!FileManager.default.fileExists(atPath: short))
    }

    @Test("`down` ends what a killed supervisor left, written down or not, and keeps foreign files")
    func killedSupervisor() async throws {
        let directory = try TemporaryDirectory()
        let path = LabLayout.absolute(directory.file("lab"))
        var (record, layout) = try Lab.prepare(path)
        let mark = [ProcessIdentity.mark: record.id]
        let recorded = try LabChild(name: "etcd", command: ["sleep", "1000"], environment: mark, log: layout.log("a"))
        let stopped = try LabChild(name: "x", command: ["sleep", "1000"], environment: mark, log: layout.log("b"))
        stopped.identity.signal(SIGSTOP)
        let foreign = try LabChild(name: "y", command: ["sleep", "1000"], environment: [:], log: layout.log("c"))
        record.children = [.init(name: "etcd", process: recorded.identity)]
        try record.write(layout.record)
        try directory.write("mine", to: "lab/notes.txt")
        #expect(try await Lab.down(directory: path) == ["notes.txt"])
        #expect(!recorded.identity.isAlive)
        #expect(!stopped.identity.isAlive)
        #expect(foreign.identity.isAlive)
        #expect(readText(directory.file("lab/notes.txt")) == "mine")
        await foreign.kill()
    }

    @Test(
        "`up` refuses a directory where a name of its own is taken by others, and `down` and `status` one without a lab"
    )
    func refusals() async throws {
        let directory = try TemporaryDirectory()
        try directory.write("mine", to: "etcd")
        let error = await #expect(throws: LabError.self) {
            try await Lab.up(directory: directory.path, executable: "/bin/true")
        }
        #expect(error?.description.contains("/etcd is there and of no lab") == true)
        await #expect(throws: LabError.self) { try await Lab.down(directory: directory.path) }
        #expect(throws: LabError.self) { try Lab.status(directory: directory.path) }
    }

    @Test("`up` with a supervisor that ends tells so with its output, and leaves nothing")
    func supervisorFails() async throws {
        let directory = try TemporaryDirectory()
        let program = try directory.write("#!/bin/sh\necho \"no $1 here\"; exit 3\n", to: "program", mode: 0o755)
        let path = directory.file("lab")
        let error = await #expect(throws: LabError.self) { try await Lab.up(directory: path, executable: program) }
        #expect(error?.description.contains("ended with status 3") == true)
        #expect(error?.description.contains("no lab here") == true)
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}
