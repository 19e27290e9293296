import TestSupport
import Testing

@Suite struct ConflictTests {
    /// Reported in the plan and by apply, which exits 77 after all that is not held was done, and touches nothing foreign.
    private func expectConflict(
        _ name: String, because: String, made: String,
        sourceLocation: SourceLocation = #_sourceLocation,
        _ make: (LabSession) async throws -> Void, untouched: @escaping (LabSession) async throws -> String
    ) async throws {
        try await LabSession.run { lab in
            try await make(lab)
            let before = try await untouched(lab)
            let holds = try await lab.plan(ManifestText(nodes: 2, replicas: 2))["holds"].array
            #expect(
                holds.contains {
                    $0["cause"].string == "conflict" && $0["target"].string == name
                        && $0["because"].string?.contains(because) == true
                }, "\(holds)", sourceLocation: sourceLocation)
            let applied = try await lab.apply(
                ManifestText(nodes: 2, replicas: 2), status: 77, sourceLocation: sourceLocation)
            #expect(applied.stdout.contains("! held:"), sourceLocation: sourceLocation)
            #expect(try await untouched(lab) == before, sourceLocation: sourceLocation)
            // All that is not held was done.
            let there = try await lab.domains() + lab.unitNames()
            #expect(there.contains(made), "\(there)", sourceLocation: sourceLocation)
            let destroyed = try await lab.dialtone("destroy", "-f", "cluster.yaml", "--yes")
            #expect(destroyed.status == 0, "\(destroyed)", sourceLocation: sourceLocation)
            #expect(try await untouched(lab) == before, sourceLocation: sourceLocation)
        }
    }

    @Test(
        "A foreign domain with a name that we would use is a conflict: it is reported, the rest is done, and it stays as it is"
    )
    func domain() async throws {
        try await expectConflict("e2e-node-1", because: "is not Dialtone's", made: "e2e-node-2") { lab in
            let xml =
                "<domain type='test'><name>e2e-node-1</name><memory>65536</memory><os><type>hvm</type></os></domain>"
            try await lab.virsh("define", lab.files.write(xml, to: "foreign.xml"))
        } untouched: {
            try await $0.virsh("dumpxml", "e2e-node-1")
        }
    }

    @Test("A domain that belongs to another cluster is a conflict, whatever its name")
    func otherCluster() async throws {
        try await LabSession.run { lab in
            try await lab.apply(ManifestText(name: "other", nodes: 1, replicas: 0))
            let xml = try await lab.virsh("dumpxml", "--inactive", "other-node-1")
                .replacing("<name>other-node-1</name>", with: "<name>e2e-node-1</name>")
                .replacing(/<uuid>[^<]*<\/uuid>/, with: "")
            try await lab.virsh("define", lab.files.write(xml, to: "foreign.xml"))
            let before = try await lab.dump()
            let applied = try await lab.apply(ManifestText(nodes: 1, replicas: 0), status: 77)
            #expect(applied.stdout.contains("belongs to cluster 'other'"), "\(applied)")
            #expect(try await lab.dump().differences(from: before) == [])
        }
    }

    @Test(
        "A foreign volume with a name that we would use is a conflict: it is reported, the rest is done, and it stays as it is"
    )
    func volume() async throws {
        try await expectConflict(
            "e2e-node-1", because: "volume 'e2e-node-1.qcow2' of pool 'default-pool' is there", made: "e2e-node-2"
        ) { lab in
            try await lab.virsh("vol-create-as", "default-pool", "e2e-node-1.qcow2", "1M")
        } untouched: {
            try await $0.virsh("vol-dumpxml", "--pool", "default-pool", "e2e-node-1.qcow2")
        }
    }

    @Test(
        "A foreign reservation of an address that we would use is a conflict: it is reported, the rest is done, and it stays as it is"
    )
    func reservation() async throws {
        try await expectConflict("e2e-node-1", because: "is reserved for 52:54:00:00:00:01", made: "e2e-node-2") {
            lab in
            try await lab.reserve("\(lab.networkPrefix()).11", name: "foreign")
        } untouched: { lab in
            let network = try await lab.virsh("net-dumpxml", "dialtone")
            return network.split(separator: "\n").filter { $0.contains("foreign") }.joined()
        }
    }

    @Test(
        "A foreign unit with a name that we would use is a conflict: it is reported, the rest is done, and it stays as it is",
        arguments: ["e2e-asterisk-1", "e2e-announcer-1"])
    func unit(_ name: String) async throws {
        try await expectConflict("e2e-asterisk-1", because: "unit \(name).service is there", made: "e2e-asterisk-2") {
            lab in
            try await lab.putForeignUnit(name)
        } untouched: {
            try await $0.curlFleet("units/\(name).service")
        }
    }
}
