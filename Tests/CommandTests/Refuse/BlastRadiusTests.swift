import TestSupport
import Testing

@Suite struct BlastRadiusTests {
    @Test(
        "Replacing more than maxDestroy asks for the number and does none of it; --allow-destroy does it; events/ count the last hour"
    )
    func replacing() async throws {
        try await LabSession.run { lab in
            var manifest = ManifestText(nodes: 4, replicas: 1)
            try await lab.apply(manifest)
            manifest.disk = "30GiB"
            let before = try await lab.dump()
            let moment = try await lab.moment()
            let refused = try await lab.apply(manifest, status: 77)
            #expect(refused.stderr.contains("if that is right, --allow-destroy 4"), "\(refused)")
            let logs = try await lab.logs(since: moment)
            #expect(logs.libvirtWrites == [] && logs.fleetWrites == [] && logs.controllersKeys == [])
            #expect(try await lab.dump().libvirt == before.libvirt)

            try await lab.apply(manifest, "--allow-destroy", "3", status: 77)
            #expect(try await lab.dump().libvirt == before.libvirt)
            try await lab.apply(manifest, "--allow-destroy", "4")
            try await lab.expectConverged(manifest)
            let events = try await lab.dumpEtcd().keys.filter { $0.hasPrefix("/dialtone/e2e/events/") }
            #expect(events.count >= 4)

            // One more in the same hour makes five.
            manifest.image = "registry.example.net/asterisk:20.10"
            let more = try await lab.apply(manifest, status: 77)
            #expect(
                more.stderr.contains(
                    "5 nodes and instances would be destroyed or replaced (4 of them in the last hour)"),
                "\(more)")
            try await lab.apply(manifest, "--allow-destroy", "5")
        }
    }

    @Test("destroy has its number from --yes, whatever maxDestroy says")
    func destroying() async throws {
        try await LabSession.run { lab in
            var manifest = ManifestText(nodes: 4, replicas: 2)
            manifest.maxDestroy = 0
            try await lab.apply(manifest)
            let destroyed = try await lab.dialtone("destroy", "-f", lab.write(manifest), "--yes")
            #expect(destroyed.status == 0, "\(destroyed)")
            #expect(try await lab.domains() == ["test"])
        }
    }
}
