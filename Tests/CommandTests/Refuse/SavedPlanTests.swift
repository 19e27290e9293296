import TestSupport
import Testing

@Suite struct SavedPlanTests {
    private static let manifest = ManifestText(nodes: 3, replicas: 1)

    /// A cluster of three nodes and one instance, and a saved plan for a second instance.
    private func withSavedPlan(_ body: (LabSession) async throws -> Void) async throws {
        try await LabSession.run { lab in
            try await lab.apply(Self.manifest)
            var wanted = Self.manifest
            wanted.replicas = 2
            let planned = try await lab.dialtone(
                "plan", "-f", lab.write(wanted, to: "wanted.yaml"), "--out", "saved.plan")
            #expect(planned.status == 0, "\(planned)")
            try await body(lab)
        }
    }

    private func expectRefused(
        _ lab: LabSession, _ words: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let before = try await lab.dump()
        let moment = try await lab.moment()
        let refused = try await lab.dialtone("apply", "saved.plan", "--yes")
        #expect(refused.status == 77, "\(refused)", sourceLocation: sourceLocation)
        #expect(refused.stderr.contains(words), "\(refused)", sourceLocation: sourceLocation)
        let logs = try await lab.logs(since: moment)
        #expect(logs.controllersKeys == [] && logs.fleetWrites == [], sourceLocation: sourceLocation)
        #expect(try await lab.dump().libvirt == before.libvirt, sourceLocation: sourceLocation)
    }

    @Test("A saved plan whose manifest has changed is refused: 77, nothing is done")
    func changedFile() async throws {
        try await withSavedPlan { lab in
            var other = Self.manifest
            other.replicas = 2
            other.image = "registry.example.net/asterisk:20.10"
            _ = try lab.write(other, to: "wanted.yaml")
            try await expectRefused(lab, "has changed since the plan was made")
        }
    }

    @Test("A saved plan whose world has changed is refused: 77, nothing is done")
    func changedWorld() async throws {
        try await withSavedPlan { lab in
            try await lab.putForeignUnit("e2e-asterisk-2")
            try await expectRefused(lab, "e2e-asterisk-2")
        }
    }

    @Test("A saved plan goes through when only calls and health have changed, and nothing outside it is done")
    func callsAndHealth() async throws {
        try await withSavedPlan { lab in
            let address = try #require(try await lab.status(Self.manifest)["instances"][0]["address"].string)
            let call = try await TestCall.begin(to: address)
            try await lab.expectCalls(1, on: "e2e-asterisk-1")
            // For a moment it is not up: its announcer registers it again.
            try await lab.etcdctl("del", "/dialtone/e2e/instances/e2e-asterisk-1")
            // Not in the plan, so it is not mended: somebody changed what the plan does not speak of, also beneath the new instance.
            try await lab.virsh("setvcpus", "e2e-node-2", "1", "--config")
            try await lab.virsh("setvcpus", "e2e-node-3", "1", "--config")
            let applied = try await lab.dialtone("apply", "saved.plan", "--yes")
            #expect(applied.status == 77, "\(applied)")
            #expect(applied.stderr.contains("it is not in the saved plan"), "\(applied)")
            #expect(try await lab.instances() == ["e2e-asterisk-1", "e2e-asterisk-2"])
            #expect(try await lab.virsh("dumpxml", "--inactive", "e2e-node-3").contains("current='1'"))
            #expect(try await lab.document("/dialtone/e2e/shares")["instances"].array.count == 2)
            try await call.end()
        }
    }

    @Test("A saved plan that was done in part goes on, and one that was done in whole has nothing to do")
    func halfDone() async throws {
        try await LabSession.run { lab in
            let manifest = ManifestText(nodes: 3, replicas: 2)
            let planned = try await lab.dialtone("plan", "-f", lab.write(manifest), "--out", "saved.plan")
            #expect(planned.status == 0, "\(planned)")
            // Cut when two of the nodes are there.
            let cut = try lab.start("apply", "saved.plan", "--yes")
            try await eventually("two domains run", every: .milliseconds(5)) {
                try await lab.domains().count { $0.hasPrefix("e2e-") } >= 2
            }
            cut.signal(9)
            try await cut.waitForExit()
            let rest = try await lab.dialtone("apply", "saved.plan", "--yes")
            #expect(rest.status == 0, "\(rest)")
            try await lab.expectConverged(manifest)
            let again = try await lab.dialtone("apply", "saved.plan", "--yes")
            #expect(again.status == 0, "\(again)")
            #expect(again.stderr.contains("Nothing to do"), "\(again)")
        }
    }
}
