import TestSupport
import Testing

/// Probe calls on real Asterisks, through the command line.
@Suite(.enabled(if: RealAsterisk.isThere, "there are no trees of Asterisk (make asterisk)"))
struct ProbeCallTests {
    private static func manifest(_ probe: String) -> ManifestText {
        var manifest = ManifestText(nodes: 3, replicas: 2)
        manifest.image = "registry.example.net/asterisk:16.28"
        manifest.canary = .init(image: "registry.example.net/asterisk:22.10", weight: 10)
        manifest.probe = .init(extension: probe)
        return manifest
    }

    @Test("Real Asterisk 16 and 22 take a probe call to an extension that echoes, and only then get calls")
    func passes() async throws {
        try await LabSession.run { lab in
            let manifest = Self.manifest("9000")
            try await lab.apply(manifest)
            for instance in try await lab.status(manifest)["instances"].array {
                #expect(instance["probe"]["extension"].string == "9000", "\(instance)")
                #expect(instance["probe"]["failure"] == .null && instance["share"].string == "in", "\(instance)")
            }
            try await lab.expectConverged(manifest)
        }
    }

    @Test(
        "To an extension that is missing it fails on Asterisk 16 and 22: no share is dealt, a roll stops, and plan and status say why"
    )
    func fails() async throws {
        try await LabSession.run { lab in
            let wrong = Self.manifest("nosuch")
            let applied = try await lab.apply(wrong, status: 77)
            #expect(
                applied.stderr.contains("probe call failed: INVITE sip:nosuch@127.") && applied.stderr.contains("404"),
                "\(applied)")
            #expect(try await lab.document("/dialtone/e2e/shares") == .null, "nobody gets calls")
            let status = try await lab.status(wrong)
            #expect(status["instances"].array.count == 3)
            for instance in status["instances"].array {
                #expect(instance["probe"]["failure"].string?.hasSuffix("was answered 404") == true, "\(instance)")
                #expect(instance["up"].bool == false && instance["share"] == .null)
            }
            let text = try await lab.dialtone("status", "-f", lab.write(wrong))
            #expect(text.stdout.contains("Probe: the call to e2e-asterisk-3 failed: INVITE sip:nosuch@127."))
            #expect(
                try await lab.plan(wrong)["holds"].array.contains {
                    $0["because"].string?.hasPrefix("probe call failed: ") == true
                })

            // The right one is told to the announcers alone.
            var manifest = Self.manifest("9000")
            #expect(try await lab.plan(manifest).deeds.filter { $0.hasPrefix("replace") } == [])
            try await lab.apply(manifest)
            #expect(try await lab.document("/dialtone/e2e/shares")["instances"].array.count == 3)

            // A roll to something that answers OPTIONS and no call stops at its first instance, and the others keep their calls.
            manifest.probe = .init(extension: "nosuch")
            manifest.image = "registry.example.net/asterisk:22.10"
            try await lab.apply(manifest, status: 77)
            let members = try await lab.document("/dialtone/e2e/shares")["instances"].array
            #expect(members.count { $0["state"].string == "in" } == 2, "\(members)")
        }
    }
}
