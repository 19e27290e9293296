import TestSupport
import Testing

@Suite struct DriftTests {
    @Test(
        "P9: processors and memory that the manifest changes are changed, and never 'no changes' while dumpxml differs")
    func byManifest() async throws {
        try await LabSession.run { lab in
            var manifest = ManifestText(nodes: 2, replicas: 1)
            try await lab.apply(manifest)
            manifest.vcpus = 3
            let plan = try await lab.plan(manifest)
            #expect(plan.changes(of: "restartNode") == ["vcpus by manifest"])
            #expect(
                plan.deeds.filter { $0.hasPrefix("restartNode") } == [
                    "restartNode e2e-node-1", "restartNode e2e-node-2",
                ])
            try await lab.apply(manifest)
            for node in ["e2e-node-1", "e2e-node-2"] {
                #expect(try await lab.virsh("dumpxml", node).contains(">3</vcpu>"))
                #expect(try await lab.virsh("dumpxml", "--inactive", node).contains(">3</vcpu>"))
            }
            try await lab.expectConverged(manifest)
        }
    }

    @Test("P9: what others change in a domain shows as drift 'by others', and is mended")
    func byOthers() async throws {
        try await LabSession.run { lab in
            let manifest = ManifestText(nodes: 2, replicas: 1)
            try await lab.apply(manifest)
            let before = try await lab.virsh("dumpxml", "--inactive", "e2e-node-1")
            try await lab.virsh("setvcpus", "e2e-node-1", "1", "--config")
            try await lab.virsh("setmaxmem", "e2e-node-2", "524288", "--config")
            let plan = try await lab.plan(manifest)
            #expect(plan.changes(of: "restartNode") == ["vcpus by others", "memory by others"])
            let text = try await lab.dialtone("plan", "-f", lab.write(manifest))
            #expect(text.stdout.contains("vcpus: 1 -> 2 (changed by others)"), "\(text)")
            try await lab.apply(manifest)
            let after = try await lab.virsh("dumpxml", "--inactive", "e2e-node-1")
            let startedAt = /startedAt="[^"]*"/
            #expect(after.replacing(startedAt, with: "") == before.replacing(startedAt, with: ""))
            try await lab.expectConverged(manifest)
        }
    }

    @Test("P7: changed user data replaces the machine; the plan says so, names what changed, and shows no secret")
    func userData() async throws {
        try await LabSession.run { lab in
            var manifest = ManifestText(nodes: 2, replicas: 1)
            manifest.userData = "#!/bin/sh\necho first-secret\n"
            try await lab.apply(manifest)
            let drive = try #require(try await lab.volumes().first { $0.hasPrefix("e2e-node-1-drive") })
            manifest.userData = "#!/bin/sh\necho second-secret\n"
            let plan = try await lab.plan(manifest)
            #expect(plan.changes(of: "replaceNode") == ["userData by manifest"])
            let text = try await lab.dialtone("plan", "-f", lab.write(manifest))
            #expect(text.stdout.contains("-/+ node e2e-node-1"), "\(text)")
            #expect(text.stdout.contains("    userData: "), "\(text)")
            let applied = try await lab.apply(manifest)
            for output in [text, applied] {
                #expect(!(output.stdout + output.stderr).contains("secret"), "\(output)")
            }
            let now = try #require(try await lab.volumes().first { $0.hasPrefix("e2e-node-1-drive") })
            #expect(now != drive)
            #expect(readText("\(lab.directory)/volumes/default-pool/\(now)").contains("second-secret"))
            #expect(!(try await lab.virsh("dumpxml", "e2e-node-1").contains("secret")))
            try await lab.expectConverged(manifest)
        }
    }

    @Test(
        "P13: the state of a machine that is gone is no state: its instance is replaced once, and status lists the ghost as such"
    )
    func ghost() async throws {
        try await LabSession.run { lab in
            let manifest = ManifestText(nodes: 2, replicas: 2)
            try await lab.apply(manifest)
            let fleet = try await GhostlyFleet.start(before: lab.fleet, unit: "e2e-asterisk-2")
            try await lab.virsh("destroy", "e2e-node-2")
            try await lab.virsh("undefine", "e2e-node-2", "--remove-all-storage")
            let moment = try await lab.moment()
            try await lab.apply(manifest, "--fleet", fleet.server.url)
            let writes = try await lab.logs(since: moment).fleetWrites
            #expect(writes.count { $0 == "PUT /fleet/v1/units/e2e-asterisk-2.service" } <= 1)
            #expect(!writes.contains { $0.contains("asterisk-1") })
            let status = try await lab.dialtone(
                "status", "-f", "cluster.yaml", "-o", "json", "--fleet", fleet.server.url)
            let document = try JSON(status.stdout)
            #expect(document["ghosts"].array.contains { $0.string?.contains("e2e-asterisk-2") == true }, "\(status)")
            #expect(document["converged"].bool == true, "\(status)")
            await fleet.server.stop()
            try await lab.expectConverged(manifest)
        }
    }
}
