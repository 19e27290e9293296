import TestSupport
import Testing

@Suite struct DestroyTests {
    @Test("P8: destroy leaves libvirt, etcd and fleet as before the first apply, with everything foreign byte for byte")
    func leavesNothing() async throws {
        try await LabSession.run { lab in
            try await lab.makeForeignObjects()
            let before = try await lab.dump()
            let manifest = ManifestText(nodes: 2, replicas: 2)
            try await lab.apply(manifest)
            #expect(try await lab.dump().differences(from: before) != [])
            let destroyed = try await lab.dialtone("destroy", "-f", lab.write(manifest), "--yes")
            #expect(destroyed.status == 0, "\(destroyed)")
            // fleet lists the states of machines that are gone for a second.
            try await eventually("nothing is left over") {
                try await lab.dump().differences(from: before) == []
            }
            let again = try await lab.dialtone("destroy", "-f", lab.write(manifest), "--yes")
            #expect(again.status == 0, "\(again)")
        }
    }

    @Test("destroy shows how many go, and off a terminal needs --yes: 64, and nothing is done")
    func needsConsent() async throws {
        try await LabSession.run { lab in
            let manifest = ManifestText(nodes: 2, replicas: 2)
            try await lab.apply(manifest)
            let before = try await lab.dump()
            let moment = try await lab.moment()
            let refused = try await lab.dialtone("destroy", "-f", lab.write(manifest))
            #expect(refused.status == 64, "\(refused)")
            #expect(refused.stdout.contains("Plan: 0 to create, 1 to change, 5 to destroy, 0 held."), "\(refused)")
            #expect(refused.stderr.contains("--yes"), "\(refused)")
            #expect(try await lab.dump().libvirt == before.libvirt)
            let logs = try await lab.logs(since: moment)
            #expect(logs.libvirtWrites == [] && logs.fleetWrites == [] && logs.controllersKeys == [])
        }
    }

    @Test("A call that does not end in time is left alone: apply and destroy exit 77, and go on when it has ended")
    func calls() async throws {
        try await LabSession.run { lab in
            var manifest = ManifestText(nodes: 2, replicas: 2)
            manifest.drain = .init(timeout: "2s")
            try await lab.apply(manifest)
            let addresses = try await lab.status(manifest)["instances"].array.compactMap { $0["address"].string }
            let call = try await TestCall.begin(to: addresses[0])
            try await lab.expectCalls(1, on: "e2e-asterisk-1")
            var changed = manifest
            changed.image = "registry.example.net/asterisk:20.10"
            let applied = try await lab.apply(changed, status: 77)
            #expect(applied.stderr.contains("1 call is still up on it"), "\(applied)")
            #expect(try await lab.option("ExecStart", of: "e2e-asterisk-1")?.contains("asterisk:20.9") == true)
            // The other one has no call: all that is not held was done.
            #expect(try await lab.option("ExecStart", of: "e2e-asterisk-2")?.contains("asterisk:20.10") == true)
            let destroyed = try await lab.dialtone("destroy", "-f", lab.write(changed), "--yes")
            #expect(destroyed.status == 77, "\(destroyed)")
            #expect(try await lab.instances() == ["e2e-asterisk-1"])
            #expect(try await lab.domains().contains("e2e-node-1"))
            try await call.end()
            try await lab.expectCalls(0, on: "e2e-asterisk-1")
            let rest = try await lab.dialtone("destroy", "-f", lab.write(changed), "--yes")
            #expect(rest.status == 0, "\(rest)")
        }
    }
}

extension LabSession {
    /// Waits until the announcer has written that many calls.
    func expectCalls(_ count: Int, on instance: String, of cluster: String = "e2e") async throws {
        try await eventually("\(count) calls are up on \(instance)") {
            try await document("/dialtone/\(cluster)/calls/\(instance)")["calls"].int == count
        }
    }
}
