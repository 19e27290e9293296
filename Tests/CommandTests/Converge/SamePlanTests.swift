import TestSupport
import Testing

@Suite struct SamePlanTests {
    @Test("The same input in several processes gives the same plan, byte for byte but for the times")
    func processes() async throws {
        try await LabSession.run { lab in
            var manifest = ManifestText(nodes: 4, replicas: 3)
            manifest.canary = .init(weight: 10, env: ["C": "3", "D": "4"])
            manifest.env = ["A": "1", "B": "2", "E": "5", "F": "6"]
            try await expectSame(lab, manifest, "nothing is there")

            try await lab.putForeignUnit("e2e-asterisk-3")
            try await lab.virsh("vol-create-as", "default-pool", "e2e-node-2.qcow2", "1M")
            try await expectSame(lab, manifest, "conflicts")
            try await lab.apply(manifest, status: 77)
            try await lab.virsh("vol-delete", "--pool", "default-pool", "e2e-node-2.qcow2")
            try await lab.curlFleet("units/e2e-asterisk-3.service", method: "DELETE")
            try await lab.apply(manifest)

            try await lab.virsh("setvcpus", "e2e-node-1", "1", "--config")
            try await lab.virsh("destroy", "e2e-node-4")
            manifest.env["A"] = "2"
            manifest.env["G"] = "7"
            try await expectSame(lab, manifest, "drift and changes")
            manifest.disk = "30GiB"
            try await expectSame(lab, manifest, "replacements")

            // A dispatcher that does not report: its acknowledgement, the steps and what comes after are all foreseen.
            manifest.dispatchers = ["edge-2", "edge-1"]
            manifest.canary?.weight = nil
            manifest.canary?.steps = [
                .init(weight: 5, pause: "1m", calls: 10), .init(weight: 50, pause: "5m", calls: 100),
            ]
            try await expectSame(lab, manifest, "a canary that comes by steps")
        }
    }

    private func expectSame(_ lab: LabSession, _ manifest: ManifestText, _ world: String) async throws {
        for format in ["text", "json"] {
            var plans: [String] = []
            for _ in 1...3 {
                let planned = try await lab.dialtone("plan", "-f", lab.write(manifest), "-o", format)
                #expect(planned.status == 0, "\(planned)")
                plans.append(
                    planned.stdout.replacing(/\d{4}-\d\d-\d\dT[0-9:.]*Z/, with: "TIME")
                        .replacing(/begun \d+ s ago/, with: "AGE"))
            }
            #expect(Set(plans).count == 1, "\(world): \(plans)")
            #expect(plans[0].count > 200, "\(world)")
        }
    }
}
