import FoundationEssentials
import Glibc
import HTTPTransport
import TestSupport
import Testing

/// Acceptance cases of PAINS that are about calls, through the command line, with a real Kamailio and real calls.
@Suite struct CallCaseTests {
    private static let older = "registry.example.net/asterisk:20.9"
    private static let newer = "registry.example.net/asterisk:21.1"

    private static func canary(
        nodes: Int, replicas: Int, _ steps: [ManifestText.Canary.Step]
    ) -> ManifestText {
        var manifest = ManifestText(nodes: nodes, replicas: replicas, image: older)
        manifest.canary = .init(image: newer, steps: steps)
        return manifest
    }

    @Test(
        "P17: a fleetd that is gone from a node with calls moves nothing: the instance keeps its place in the list, and no call is cut"
    )
    func fleetdGone() async throws {
        try await LabSession.run(kamailios: 1) { lab in
            let manifest = ManifestText(nodes: 3, replicas: 2)
            try await lab.apply(manifest)
            let caller = try lab.start(
                "lab", "call", "--dir", lab.directory, "--rate", "10", "--duration", "10", "--hold", "2000", "-o",
                "json")
            try await eventually("calls are up") {
                try await lab.document("/dialtone/e2e/calls/e2e-asterisk-1")["calls"].int ?? 0 > 2
            }
            let fleet = try await Self.fleet(without: "e2e-node-1", before: lab.fleet)
            let shares = try await lab.document("/dialtone/e2e/shares")
            let moment = try await lab.moment()
            let apply = try await lab.dialtone(
                "apply", "-f", lab.write(manifest), "--yes", "--timeout", "5s", "--fleet", fleet.url)
            #expect(apply.status != 0, "\(apply)")
            #expect(try await lab.logs(since: moment).fleetWrites == [])
            #expect(try await lab.document("/dialtone/e2e/shares")["instances"] == shares["instances"])
            #expect(try await lab.instances() == ["e2e-asterisk-1", "e2e-asterisk-2"])
            await fleet.stop()
            try await caller.waitForExit(deadline: .seconds(30))
            try Self.expectWell(caller.output, 100)
            try await lab.expectConverged(manifest)
        }
    }

    /// The lab's fleet, without a node's machine and what is on it: as when its fleetd was killed.
    private static func fleet(without node: String, before fleet: String) async throws -> ReplayServer {
        let client = HTTPClient()
        return try await ReplayServer.start { request in
            let answer = try await client.send(
                HTTPRequest(
                    method: request.method, url: fleet + request.target, headers: ["Content-Type": "application/json"],
                    body: request.body.isEmpty ? nil : request.body))
            let text = String(decoding: answer.body, as: UTF8.self)
            guard request.path.hasSuffix("/machines"), let document = try? JSON(text) else {
                return .json(text, status: answer.status)
            }
            let left = document["machines"].array.filter { $0["metadata"]["dialtone-node"].string != node }
            let machines = left.map { machine in
                let metadata = machine["metadata"].object.map { "\"\($0.key)\":\"\($0.value.string ?? "")\"" }
                return
                    "{\"id\":\"\(machine["id"].string ?? "")\",\"primaryIP\":\"\(machine["primaryIP"].string ?? "")\","
                    + "\"metadata\":{\(metadata.joined(separator: ","))}}"
            }
            return .json("{\"machines\":[\(machines.joined(separator: ","))]}", status: answer.status)
        }
    }

    @Test(
        "P24: a step without calls neither advances nor aborts; failures while it is paused by hand still send the canary back"
    )
    func noCalls() async throws {
        try await LabSession.run(kamailios: 1) { lab in
            let manifest = Self.canary(nodes: 3, replicas: 2, [.init(weight: 50, pause: "1s", calls: 20)])
            let file = try lab.write(manifest)
            let quiet = try await lab.dialtone("apply", "-f", file, "--yes", "--timeout", "15s")
            #expect(quiet.status == 75, "\(quiet)")
            let waiting = try await lab.canary(file)
            #expect(
                waiting["rollout"]["state"].string == "running" && waiting["rollout"]["step"].int == 1, "\(waiting)")
            #expect(waiting["verdicts"].array.isEmpty, "\(waiting)")
            #expect(try await lab.dialtone("canary", "pause", "-f", file).status == 0)
            _ = try await lab.dialtone("apply", "-f", file, "--yes", "--timeout", "3s")
            #expect(try await lab.canary(file)["rollout"]["state"].string == "paused")
            try await lab.successful([
                Executable.path, "lab", "fault", "--dir", lab.directory, "e2e-asterisk-3", "refuse",
            ])
            _ = try await lab.calls(rate: 25, seconds: 6)
            let aborted = try await lab.dialtone("apply", "-f", file, "--yes", "--timeout", "20s")
            #expect(aborted.status == 77, "\(aborted)")
            #expect(try await lab.canary(file)["rollout"]["state"].string == "aborted")
            #expect(try await lab.document("/dialtone/e2e/shares")["draw"]["canary"].int == 0)
        }
    }

    @Test(
        "P22: a stable node destroyed and the canary's drained in the middle: the stable image comes back, step and verdict stay, and promote works"
    )
    func nodeLost() async throws {
        try await LabSession.run(kamailios: 1) { lab in
            let manifest = Self.canary(
                nodes: 3, replicas: 2,
                [.init(weight: 20, pause: "1s", calls: 10), .init(weight: 50, pause: "10m", calls: 1000)])
            let file = try lab.write(manifest)
            let apply = try lab.start("apply", "-f", file, "--yes", "--timeout", "20s")
            try await eventually("the canary's share is in force", deadline: .seconds(30)) {
                try await lab.canary(file)["rollout"]["since"].string != nil
            }
            _ = try await lab.calls(rate: 25, seconds: 5)
            try await eventually("the second step", deadline: .seconds(20)) {
                try await lab.canary(file)["rollout"]["step"].int == 2
            }
            kill(apply.pid, SIGTERM)
            try await apply.waitForExit(deadline: .seconds(10))
            try await lab.virsh("destroy", "e2e-node-1")
            try await lab.virsh("undefine", "e2e-node-1", "--remove-all-storage")
            #expect(try await lab.dialtone("drain", "e2e-node-3", "-f", file).status == 0)
            // It goes on with the second step, and so has no end by itself.
            let mending = try lab.start("apply", "-f", file, "--yes", "--timeout", "60s")
            try await eventually("the lost one is back, the drained one out", deadline: .seconds(40)) {
                let instances = try await lab.status(manifest)["instances"].array
                return instances.first?["up"].bool == true && instances.last?["share"].string == "draining"
            }
            #expect(try await lab.dialtone("undrain", "e2e-node-3", "-f", file).status == 0)
            try await eventually("all take calls", deadline: .seconds(20)) {
                try await lab.status(manifest)["instances"].array.allSatisfy { $0["share"].string == "in" }
            }
            kill(mending.pid, SIGTERM)
            try await mending.waitForExit(deadline: .seconds(10))
            #expect(try await lab.option("ExecStart", of: "e2e-asterisk-1")?.hasSuffix("20.9") == true)
            #expect(try await lab.option("ExecStart", of: "e2e-asterisk-3")?.hasSuffix("21.1") == true)
            #expect(try await lab.status(manifest)["instances"].array.allSatisfy { $0["up"].bool == true })
            let kept = try await lab.canary(file)
            #expect(kept["rollout"]["step"].int == 2 && kept["rollout"]["state"].string == "running", "\(kept)")
            #expect(kept["verdicts"].array.count == 1, "\(kept)")
            #expect(try await lab.dialtone("canary", "promote", "-f", file).status == 0)
            try await lab.apply(manifest, status: 77)
            for instance in ["e2e-asterisk-1", "e2e-asterisk-2"] {
                #expect(try await lab.option("ExecStart", of: instance)?.hasSuffix("21.1") == true)
            }
        }
    }

    @Test(
        "P23: a promotion whose image does not start on the third node stops there; the others and the canary go on taking calls"
    )
    func promotionFails() async throws {
        try await LabSession.run(kamailios: 1) { lab in
            let manifest = Self.canary(nodes: 4, replicas: 3, [.init(weight: 20, pause: "1s", calls: 10)])
            let file = try lab.write(manifest)
            let apply = try lab.start("apply", "-f", file, "--yes")
            try await eventually("the canary's share is in force", deadline: .seconds(30)) {
                try await lab.canary(file)["rollout"]["since"].string != nil
            }
            _ = try await lab.calls(rate: 25, seconds: 4)
            #expect(try await apply.waitForExit(deadline: .seconds(20)) == 77, "\(apply.output)")
            #expect(try await lab.dialtone("canary", "promote", "-f", file).status == 0)
            let promotion = try lab.start("apply", "-f", file, "--yes", "--timeout", "20s")
            // Whichever is the last to be replaced fails from then on.
            let names = ["e2e-asterisk-1", "e2e-asterisk-2", "e2e-asterisk-3"]
            let last = try await eventually("two are replaced", deadline: .seconds(40), every: .milliseconds(50)) {
                var old: [String] = []
                for name in names {
                    let command = try await lab.option("ExecStart", of: name)
                    if command?.hasSuffix("20.9") == true { old.append(name) }
                }
                return old.count == 1 ? old[0] : nil
            }
            try await eventually("the last one is put", deadline: .seconds(30), every: .milliseconds(20)) {
                try await lab.option("ExecStart", of: last)?.hasSuffix("21.1") == true
            }
            try await lab.successful([
                Executable.path, "lab", "fault", "--dir", lab.directory, "--failing", "\(last).service",
            ])
            let status = try await promotion.waitForExit(deadline: .seconds(40))
            #expect(status == 75 || status == 77, "\(promotion.output)")
            #expect(try await lab.instances().count == 4, "the canary stays")
            let report = try await lab.call("--rate", "25", "--duration", "4", "--hold", "200")
            #expect(report["answered"].int == 100 && report["cut"].int == 0, "\(report)")
            #expect(report["instances"][last] == .null)
            let standing = try await lab.canary(file)
            #expect(standing["rollout"]["state"].string?.hasPrefix("promot") == true, "\(standing)")
            try await lab.successful([Executable.path, "lab", "fault", "--dir", lab.directory])
            try await lab.apply(manifest, status: 77)
            #expect(try await lab.status(manifest)["instances"].array.allSatisfy { $0["up"].bool == true })
        }
    }

    @Test(
        "P21: an Asterisk that died with calls leaves dialogs in Kamailio that end nothing and keep nothing waiting, and where ARI is gone AMI tells",
        .enabled(if: RealAsterisk.isThere, "there are no trees of Asterisk (make asterisk)"))
    func ghosts() async throws {
        try await LabSession.run(kamailios: 1) { lab in
            var manifest = ManifestText(nodes: 2, replicas: 2, image: "registry.example.net/asterisk:16.28")
            try await lab.apply(manifest)
            let caller = try lab.start(
                "lab", "call", "--dir", lab.directory, "--rate", "2", "--duration", "2", "--hold", "60000")
            try await eventually("two calls are on the first", deadline: .seconds(20)) {
                try await lab.document("/dialtone/e2e/calls/e2e-asterisk-1")["calls"].int == 2
            }
            // ARI is gone from it: AMI tells.
            try await lab.asterisk("e2e-asterisk-2", "module unload res_ari_channels.so")
            try await eventually("AMI tells of the second", deadline: .seconds(20)) {
                let calls = try await lab.document("/dialtone/e2e/calls/e2e-asterisk-2")
                return calls["source"].string == "ami" && calls["calls"].int == 2
            }
            // It comes back by itself, without its calls; Kamailio keeps their dialogs for twelve hours.
            let pid = try lab.pid(of: "e2e-asterisk-1.service")
            kill(pid, SIGKILL)
            try await eventually("it is back, without calls", deadline: .seconds(30)) {
                let calls = try await lab.document("/dialtone/e2e/calls/e2e-asterisk-1")["calls"].int
                return (try? lab.process("e2e-asterisk-1.service")) != pid && calls == 0
            }
            manifest.image = "registry.example.net/asterisk:16.29"
            let apply = try lab.start("apply", "-f", lab.write(manifest), "--yes", "--timeout", "25s")
            try await eventually("the first one is replaced", deadline: .seconds(25)) {
                try await lab.option("ExecStart", of: "e2e-asterisk-1")?.hasSuffix("16.29") == true
            }
            // The second one has two real calls, by Call-ID in both.
            try await eventually("the second one's calls are told with their Call-IDs", deadline: .seconds(20)) {
                try await lab.document("/dialtone/e2e/calls/e2e-asterisk-2")["callIDs"].array.count == 2
            }
            #expect(try await lab.option("ExecStart", of: "e2e-asterisk-2")?.hasSuffix("16.28") == true)
            try await apply.stop()
            try await caller.stop()
        }
    }

    private static func expectWell(_ output: String, _ count: Int) throws {
        let report = try JSON(output)
        #expect(report["answered"].int == count && report["cut"].int == 0 && report["lost"].int == 0, "\(report)")
    }
}

extension LabSession {
    /// Runs a command of a real Asterisk's own command line.
    fileprivate func asterisk(_ instance: String, _ command: String) async throws {
        let words = readText("/proc/\(try pid(of: "\(instance).service"))/cmdline").split(separator: "\0").map(
            String.init)
        let configuration = try #require(words.firstIndex(of: "-C").map { words[$0 + 1] })
        try await successful([words[0], "-C", configuration, "-rx", command])
    }
}
