import TestSupport
import Testing

/// What the other tests of this folder stand on.
@Suite struct RelayTests {
    @Test("A relay sees every write that the systems themselves log")
    func seesWrites() async throws {
        try await LabSession.routed { lab, route in
            let file = try lab.write(ManifestText(name: "seen"))
            let before = lab.libvirtWrites.count
            for command in ["apply", "destroy"] {
                let output = try await lab.dialtone(command, "-f", file, "--yes", by: route)
                #expect(output.status == 0, "\(output)")
            }
            #expect(route.fleet.calls.count(where: \.writes) == lab.fleetWrites.count)
            for (procedure, function) in [
                (Relay.Call.Procedure.defineXML, "virDomainDefineXML"), (.create, "virDomainCreate"),
                (.shutdown, "virDomainShutdown"), (.undefineFlags, "virDomainUndefine"),
                (.setMetadata, "virDomainSetMetadata"), (.volumeCreateXML, "virStorageVolCreateXML"),
                (.volumeDelete, "virStorageVolDelete"),
            ] {
                let logged = lab.libvirtWrites.dropFirst(before).count { $0 == function || $0 == "\(function)Flags" }
                #expect(logged > 0, "\(function)")
                #expect(route.libvirt.calls.count { $0.isCall(procedure) } == logged, "\(function)")
            }
            #expect(route.etcd.calls.contains { $0.isTransaction("/dialtone/seen/shares") })
        }
    }
}
