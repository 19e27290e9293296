import TestSupport
import Testing

@Suite struct RolloutTests {
    @Test(
        "A changed image rolls: no more than maxUnavailable are held off calls at a time, and every share is what the manifest asks"
    )
    func rolls() async throws {
        try await LabSession.run { lab in
            var manifest = ManifestText(nodes: 4, replicas: 3)
            manifest.canary = .init(weight: 10)
            try await lab.apply(manifest)
            let shares = try await lab.document("/dialtone/e2e/shares")
            #expect(shares["draw"] == .object(["stable": .number(90), "canary": .number(10)]))
            #expect(shares["instances"].array.map { $0["track"].string } == ["stable", "stable", "stable", "canary"])

            manifest.canary?.weight = 30
            #expect(try await lab.plan(manifest).deeds == ["writeShares shares"])
            try await lab.apply(manifest)
            #expect(try await lab.document("/dialtone/e2e/shares")["draw"]["canary"].int == 30)

            manifest.image = "registry.example.net/asterisk:20.10"
            let plan = try await lab.plan(manifest)
            #expect(plan.changes(of: "replaceInstance") == ["image by manifest"])
            let moment = try await lab.moment()
            try await lab.apply(manifest)
            let history = try await lab.logs(since: moment).etcdWrites.filter { $0.key == "/dialtone/e2e/shares" }
            for write in history {
                let members = try JSON(write.value ?? "")["instances"].array
                #expect(members.count == 4)
                #expect(members.count { $0["state"].string != "in" } <= 1)
            }
            // Each of the three left once, and came back.
            #expect(history.count >= 6)
            for name in ["e2e-asterisk-1", "e2e-asterisk-2", "e2e-asterisk-3"] {
                #expect(try await lab.option("ExecStart", of: name)?.hasSuffix("asterisk:20.10") == true)
            }
            #expect(try await lab.option("ExecStart", of: "e2e-asterisk-4")?.hasSuffix("asterisk:22.1") == true)
            try await lab.expectConverged(manifest)
        }
    }

    @Test("A canary without a weight gets its part of all replicas, and none of the calls once it is gone")
    func withoutWeight() async throws {
        try await LabSession.run { lab in
            var manifest = ManifestText(nodes: 3, replicas: 2)
            manifest.canary = .init()
            try await lab.apply(manifest)
            #expect(try await lab.document("/dialtone/e2e/shares")["draw"]["canary"].int == 33)
            manifest.canary = nil
            try await lab.apply(manifest)
            let shares = try await lab.document("/dialtone/e2e/shares")
            #expect(shares["draw"]["canary"].int == 0)
            #expect(shares["instances"].array.map { $0["name"].string } == ["e2e-asterisk-1", "e2e-asterisk-2"])
            #expect(try await lab.instances() == ["e2e-asterisk-1", "e2e-asterisk-2"])
        }
    }
}
