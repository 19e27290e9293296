import TestSupport
import Testing

/// What the other tests of this folder stand on.
@Suite struct RelayTests {
    @Test("A relay sees every write that the systems themselves log")
    func seesWrites() async throws {
        try await LabSession.routed { lab, route in
            let file = try lab.write(ManifestText(name: "seen"))
            let before = try await lab.moment()
            for command in ["apply", "destroy"] {
                let output = try await lab.dialtone(command, "-f", file, "--yes", by: route)
                #expect(output.status == 0, "\(output)")
            }
            let logs = try await lab.logs(since: before)
            #expect(route.fleet.calls.count(where: \.writes) == logs.fleetWrites.count)
            for (procedure, function) in [
                (Relay.Call.Procedure.defineXML, "virDomainDefineXML"), (.create, "virDomainCreate"),
                (.shutdown, "virDomainShutdown"), (.undefineFlags, "virDomainUndefineFlags"),
                (.setMetadata, "virDomainSetMetadata"), (.volumeCreateXML, "virStorageVolCreateXML"),
                (.volumeDelete, "virStorageVolDelete"),
            ] {
                let logged = logs.libvirtWrites.count { $0 == function }
                #expect(logged > 0, "\(function)")
                #expect(route.libvirt.calls.count { $0.isCall(procedure) } == logged, "\(function)")
            }
            #expect(route.etcd.calls.contains { $0.isTransaction("/dialtone/seen/shares") })
        }
    }
}
