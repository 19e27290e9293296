import TestSupport
import Testing

@Suite struct ScaleTests {
    @Test("P25: up by three, and at once down by one: exactly one goes, one without calls")
    func upAndDown() async throws {
        try await LabSession.run { lab in
            var manifest = ManifestText(nodes: 4, replicas: 1)
            try await lab.apply(manifest)
            manifest.replicas = 4
            #expect(
                try await lab.plan(manifest).deeds.filter { $0.hasPrefix("placeInstance") } == [
                    "placeInstance e2e-asterisk-2", "placeInstance e2e-asterisk-3", "placeInstance e2e-asterisk-4",
                ])
            try await lab.apply(manifest)
            #expect(try await lab.instances() == (1...4).map { "e2e-asterisk-\($0)" })

            // The highest number would go, but it has a call.
            let addresses = try await lab.status(manifest)["instances"].array.compactMap { $0["address"].string }
            let call = try await TestCall.begin(to: addresses[3])
            try await lab.expectCalls(1, on: "e2e-asterisk-4")
            manifest.replicas = 3
            let plan = try await lab.plan(manifest)
            #expect(
                plan.actions.filter { $0["destructive"].bool == true }.map { $0["target"].string } == ["e2e-asterisk-3"]
            )
            let moment = try await lab.moment()
            try await lab.apply(manifest)
            #expect(try await lab.instances() == ["e2e-asterisk-1", "e2e-asterisk-2", "e2e-asterisk-4"])
            let deleted = try await lab.logs(since: moment).fleetWrites.filter { $0.hasPrefix("DELETE") }
            #expect(
                Set(deleted) == [
                    "DELETE /fleet/v1/units/e2e-asterisk-3.service", "DELETE /fleet/v1/units/e2e-announcer-3.service",
                ])
            #expect(
                try await lab.document("/dialtone/e2e/shares")["instances"].array.compactMap { $0["name"].string }
                    == lab.instances())
            try await lab.expectConverged(manifest)
            try await call.end()
        }
    }

    @Test("Fewer nodes: those without instances go first, and with them all that was theirs")
    func fewerNodes() async throws {
        try await LabSession.run { lab in
            var manifest = ManifestText(nodes: 2, replicas: 2)
            try await lab.apply(manifest)
            let before = try await lab.dumpLibvirt()
            manifest.nodes = 4
            try await lab.apply(manifest)
            #expect(try await lab.domains() == (1...4).map { "e2e-node-\($0)" } + ["test"])
            manifest.nodes = 2
            try await lab.apply(manifest)
            #expect(try await lab.dumpLibvirt() == before)
            try await lab.expectConverged(manifest)
        }
    }

    @Test("P16: seven instances for six nodes are refused where they are written")
    func statically() async throws {
        try await LabSession.run { lab in
            let file = try lab.write(ManifestText(nodes: 6, replicas: 7))
            let refused = try await lab.dialtone("validate", "-f", file)
            #expect(refused.status == 65, "\(refused)")
            #expect(
                refused.stderr.contains(
                    /cluster.yaml:\d+:\d+: spec.asterisk.replicas is 7, more than 6 nodes with 1 each carry/),
                "\(refused)")
        }
    }

    @Test(
        "P16: an instance that fits nowhere is held with each node's reason, and apply exits 77 as soon as only holds are left"
    )
    func nowhere() async throws {
        try await LabSession.run { lab in
            let xml =
                "<domain type='test'><name>e2e-node-2</name><memory>65536</memory><os><type>hvm</type></os></domain>"
            try await lab.virsh("define", lab.files.write(xml, to: "foreign.xml"))
            let manifest = ManifestText(nodes: 3, replicas: 3)
            let applied = try await lab.apply(manifest, status: 77)
            let holds = try await lab.plan(manifest)["holds"].array
            #expect(holds.map { $0["target"].string } == ["e2e-node-2", "e2e-asterisk-3"])
            #expect(
                holds.last?["because"].string?.contains("e2e-node-1 has 1 of 1, e2e-node-3 has 1 of 1") == true,
                "\(holds)")
            #expect(applied.stderr.contains("no node has room"), "\(applied)")
            #expect(try await lab.instances() == ["e2e-asterisk-1", "e2e-asterisk-2"])
        }
    }
}
