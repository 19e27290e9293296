import TestSupport
import Testing

/// A canary that comes by steps, on a real Kamailio with real calls.
@Suite struct CanaryTests {
    private static let older = "registry.example.net/asterisk:20.9"
    private static let newer = "registry.example.net/asterisk:21.1"

    private func manifest(_ steps: [ManifestText.Canary.Step]) -> ManifestText {
        var manifest = ManifestText(nodes: 3, replicas: 2, image: Self.older)
        manifest.canary = .init(image: Self.newer, steps: steps)
        return manifest
    }

    @Test(
        "a good canary passes its steps by real calls, waits to be promoted, rolls to all, and is never rolled back by itself"
    )
    func good() async throws {
        try await LabSession.run(kamailios: 1) { lab in
            var manifest = manifest([
                .init(weight: 20, pause: "1s", calls: 10), .init(weight: 50, pause: "1s", calls: 10),
            ])
            let file = try lab.write(manifest)
            // By a plan that was saved: all the way that it foresees.
            let planned = try await lab.dialtone("plan", "-f", file, "--out", "canary.plan")
            #expect(planned.status == 0, "\(planned)")
            let apply = try lab.start("apply", "canary.plan", "--yes")
            try await eventually("the first step's share is in force", deadline: .seconds(30)) {
                try await lab.canary(file)["rollout"]["since"].string != nil
            }
            #expect(try await lab.canary(file)["share"]["dealt"].int == 20)
            _ = try await lab.calls(rate: 20, seconds: 25)
            let status = try await apply.waitForExit(deadline: .seconds(30))
            #expect(status == 77, "\(apply.output)")
            let passed = try await lab.canary(file)
            #expect(passed["rollout"]["state"].string == "passed")
            #expect(passed["verdicts"].array.map { $0["weight"].int } == [20, 50])
            #expect(passed["verdicts"].array.allSatisfy { ($0["calls"].int ?? 0) >= 10 })

            let early = try await lab.dialtone("canary", "retry", "-f", file)
            #expect(early.status == 64 && early.stderr.contains("the canary is passed"), "\(early)")
            #expect(try await lab.dialtone("canary", "promote", "-f", file, "--note", "quiet").status == 0)
            let promoted = try await lab.apply(manifest, status: 77)
            #expect(
                promoted.stderr.contains("\(Self.newer) was promoted, and the manifest still names \(Self.older)"),
                "\(promoted)")
            for instance in ["e2e-asterisk-1", "e2e-asterisk-2"] {
                #expect(try await lab.option("ExecStart", of: instance)?.hasSuffix("21.1") == true)
            }
            manifest.canary = nil
            #expect(try await lab.plan(manifest).deeds.contains { $0.hasPrefix("replaceInstance") } == false)
            manifest.image = Self.newer
            try await lab.apply(manifest)
            try await lab.expectConverged(manifest)
            #expect(try await lab.document("/dialtone/e2e/rollout") == .null)
        }
    }

    @Test("a canary that fails its callers goes back by itself, stays, and is tried again only on somebody's word")
    func bad() async throws {
        try await LabSession.run(kamailios: 1) { lab in
            let manifest = manifest([.init(weight: 50, pause: "10m", calls: 1000)])
            let file = try lab.write(manifest)
            let apply = try lab.start("apply", "-f", file, "--yes")
            try await eventually("its share is in force", deadline: .seconds(30)) {
                try await lab.canary(file)["rollout"]["since"].string != nil
            }
            let fault = try await lab.dialtone("lab", "fault", "--dir", lab.directory, "e2e-asterisk-3", "refuse")
            #expect(fault.status == 0, "\(fault)")
            _ = try await lab.calls(rate: 20, seconds: 15)
            let status = try await apply.waitForExit(deadline: .seconds(30))
            #expect(status == 77, "\(apply.output)")
            let aborted = try await lab.canary(file)
            #expect(aborted["rollout"]["state"].string == "aborted")
            #expect(aborted["rollout"]["reason"].string?.contains("of its calls") == true, "\(aborted)")
            #expect(try await lab.document("/dialtone/e2e/shares")["draw"]["canary"].int == 0)
            #expect(try await lab.instances().count == 3, "it stays, to be looked at")
            let after = try await lab.calls(rate: 10, seconds: 3)
            #expect(after.contains("canary: 0 answered") || !after.contains("canary:"), "\(after)")
            let again = try await lab.apply(manifest, status: 77)
            #expect(again.stderr.contains("done:") == false, "\(again)")

            #expect(try await lab.dialtone("canary", "retry", "-f", file).status == 0)
            _ = try await lab.dialtone("apply", "-f", file, "--yes", "--timeout", "5s")
            #expect(try await lab.canary(file)["rollout"]["state"].string == "running")
        }
    }
}

extension LabSession {
    /// `canary status -o json`, as a document; `null` while there is nothing to see.
    func canary(_ file: String) async throws -> JSON {
        let output = try await dialtone("canary", "status", "-f", file, "-o", "json")
        return output.status == 0 ? try JSON(output.stdout) : .null
    }

    /// Real calls through Kamailio, to their end.
    func calls(rate: Int, seconds: Int) async throws -> String {
        let output = try await dialtone(
            "lab", "call", "--dir", directory, "--rate", "\(rate)", "--duration", "\(seconds)", deadline: .seconds(90))
        return output.stdout + output.stderr
    }
}
