import TestSupport
import Testing

@Suite struct FirstApplyTests {
    private static let manifest = {
        var manifest = ManifestText(nodes: 3, replicas: 2)
        manifest.canary = .init(weight: 10)
        return manifest
    }()

    @Test(
        "On an empty lab plan exits 2 and changes nothing, apply exits 0, the next plan exits 0, and a second apply writes nothing and takes no lease"
    )
    func fromNothing() async throws {
        try await LabSession.run { lab in
            let file = try lab.write(Self.manifest)
            let before = try await lab.dump()
            let planned = try await lab.dialtone("plan", "-f", file, "--detailed-exitcode")
            #expect(planned.status == 2, "\(planned)")
            let after = try await lab.dump()
            #expect(after.differences(from: before) == [])

            let beginning = try await lab.moment()
            try await lab.apply(Self.manifest)
            // The logs do tell of writing, where there is some.
            let first = try await lab.logs(since: beginning)
            #expect(
                first.libvirtWrites.contains("virDomainDefineXMLFlags")
                    || first.libvirtWrites.contains("virDomainDefineXML"))
            #expect(first.fleetWrites.contains("PUT /fleet/v1/units/e2e-asterisk-1.service"))
            #expect(first.controllersKeys.contains("/dialtone/e2e/leader"))
            try await lab.expectConverged(Self.manifest)

            let converged = try await lab.dump()
            let leases = try await lab.controllersLeases()
            let moment = try await lab.moment()
            try await lab.apply(Self.manifest)
            let second = try await lab.logs(since: moment)
            #expect(second.libvirtWrites == [])
            #expect(second.fleetWrites == [])
            #expect(second.controllersKeys == [])
            #expect(try await lab.controllersLeases() == leases)
            let again = try await lab.dump()
            #expect(again.libvirt == converged.libvirt)
            #expect(again.fleet == converged.fleet)
            #expect(again.controllersKeys == converged.controllersKeys)
        }
    }

    @Test("virsh, etcdctl and a plain curl to fleet, none of them ours, see what Dialtone says it made")
    func others() async throws {
        try await LabSession.run { lab in
            let plan = try await lab.plan(Self.manifest)
            try await lab.apply(Self.manifest)
            let status = try await lab.status(Self.manifest)

            // virsh
            let nodes = plan.actions.filter { $0["kind"].string == "createNode" }
            #expect(nodes.count == 3)
            let volumes = try await lab.volumes()
            let network = try await lab.virsh("net-dumpxml", "dialtone")
            for node in nodes {
                let name = try #require(node["target"].string)
                let domain = try await lab.virsh("dumpxml", name)
                #expect(try await lab.virsh("domstate", name).contains("running"))
                #expect(domain.contains("<uuid>\(node["node"]["uuid"].string ?? "-")</uuid>"))
                #expect(domain.contains(">\(node["node"]["vcpus"].int ?? -1)</vcpu>"))
                #expect(domain.contains("<memory unit='KiB'>\((node["node"]["memoryMiB"].int ?? -1) * 1024)</memory>"))
                #expect(node["node"]["volumes"].array.compactMap(\.string).filter { !volumes.contains($0) } == [])
                let mac = try #require(domain.firstMatch(of: /mac address='([^']*)'/)).1
                let address = node["node"]["address"].string ?? "-"
                #expect(network.contains("<host mac='\(mac)' name='\(name)' ip='\(address)'/>"))
            }
            #expect(
                status["nodes"].array.map { $0["address"].string } == nodes.map { $0["node"]["address"].string })
            #expect(status["nodes"].array.allSatisfy { $0["state"].string == "running" && $0["joined"].bool == true })

            // curl
            let machines = try JSON(await lab.curlFleet("machines"))["machines"].array
            #expect(
                Set(machines.compactMap { $0["metadata"]["dialtone-node"].string })
                    == Set(nodes.compactMap { $0["target"].string }))
            let placed = plan.actions.filter { $0["kind"].string == "placeInstance" }.map { $0["instance"] }
            #expect(
                try await lab.unitNames()
                    == placed.flatMap { [$0["name"].string ?? "", $0["announcer"].string ?? ""] }.sorted())
            for instance in placed {
                let name = try #require(instance["name"].string)
                let command = try #require(try await lab.option("ExecStart", of: name))
                #expect(command.hasSuffix(" \(instance["image"].string ?? "-")"))
                #expect(
                    try await lab.option("MachineMetadata", of: name)
                        == "dialtone-node=\(instance["node"].string ?? "")")
            }

            // etcdctl
            let shares = try await lab.document("/dialtone/e2e/shares")
            #expect(shares["draw"] == status["shares"]["draw"])
            #expect(shares["revision"] == status["shares"]["revision"])
            for instance in status["instances"].array {
                let name = try #require(instance["name"].string)
                let key = try await lab.document("/dialtone/e2e/instances/\(name)")
                #expect("\(key["address"].string ?? ""):\(key["port"].int ?? 0)" == instance["address"].string)
                #expect(key["track"] == instance["track"])
                #expect(key["image"] == instance["image"])
                #expect(try await lab.document("/dialtone/e2e/calls/\(name)")["calls"] == instance["calls"])
                let member = shares["instances"].array.first { $0["name"].string == name }
                #expect(member?["address"] == instance["address"])
                #expect(member?["state"] == instance["share"])
            }
            #expect(status["converged"].bool == true)
        }
    }

    @Test("P10: ten plans after an apply are empty, and the MAC is the one of the names also after a repair")
    func stableMAC() async throws {
        try await LabSession.run { lab in
            let manifest = ManifestText(nodes: 2, replicas: 0)
            try await lab.apply(manifest)
            for _ in 1...10 { try await lab.expectConverged(manifest) }
            let before = try #require(
                try await lab.virsh("dumpxml", "e2e-node-1").firstMatch(of: /mac address='[^']*'/))
            try await lab.virsh("destroy", "e2e-node-1")
            try await lab.virsh("undefine", "e2e-node-1", "--remove-all-storage")
            try await lab.apply(manifest)
            let after = try #require(try await lab.virsh("dumpxml", "e2e-node-1").firstMatch(of: /mac address='[^']*'/))
            #expect(after.0 == before.0)
            try await lab.expectConverged(manifest)
        }
    }
}
