import TestSupport
import Testing

/// Kamailios that a manifest brings, by the command line: real ones, with real calls through them.
@Suite struct KamailioTests {
    @Test(
        "Two Kamailios of a manifest's own deal real calls, a roll of all instances waits for both and cuts no call, and they come, change and go one at a time"
    )
    func deal() async throws {
        try await LabSession.run { lab in
            var manifest = ManifestText(nodes: 3, replicas: 2)
            // Calls of this caller have no media: instances of the lab's own, whatever Asterisk there is.
            manifest.canary = .init(image: "registry.example.net/asterisk:21.1", weight: 10)
            manifest.kamailios = 2
            let plan = try await lab.dialtone("plan", "-f", lab.write(manifest))
            #expect(plan.stdout.contains("+ kamailio e2e-kamailio-1 on e2e-node-1, "), "\(plan)")
            try await lab.apply(manifest)
            try await lab.expectConverged(manifest)
            let kamailios = try await lab.status(manifest)["kamailios"].array
            #expect(kamailios.map { $0["name"].string } == ["e2e-kamailio-1", "e2e-kamailio-2"])
            let revision = try await lab.document("/dialtone/e2e/shares")["revision"].int
            #expect(kamailios.allSatisfy { $0["revision"].int == revision })
            let key = try await lab.document("/dialtone/e2e/dispatchers/e2e-kamailio-1")
            #expect(key["route"].int == 1 && key["sets"]["draw"].int == 9)

            for kamailio in kamailios {
                let address = try #require(kamailio["address"].string)
                var caller = SippCaller(target: try await lab.local(address))
                caller.rate = 50
                let outcome = try await caller.run(calls: 100)
                #expect(outcome.failed == 0, "\(outcome.output)")
                #expect(outcome.answered.values.sorted() == [10, 45, 45])
            }

            // Every change of the shares waits for both.
            let address = try await lab.local(kamailios[1]["address"].string ?? "")
            var caller = SippCaller(target: address)
            (caller.rate, caller.duration) = (20, 1500)
            async let outcome = caller.run(calls: 300)
            manifest.image = "registry.example.net/asterisk:20.10"
            try await lab.apply(manifest)
            let seen = try await outcome
            #expect(seen.failed == 0, "\(seen.output)")
            for name in ["e2e-asterisk-1", "e2e-asterisk-2"] {
                #expect(try await lab.option("ExecStart", of: name)?.hasSuffix("asterisk:20.10") == true)
            }

            manifest.listen = 5075
            #expect(
                try await lab.plan(manifest).deeds == [
                    "updateKamailio e2e-kamailio-1", "updateKamailio e2e-kamailio-2",
                ])
            try await lab.apply(manifest)
            try await lab.expectConverged(manifest)
            let moved = try await lab.local("\(address.prefix { $0 != ":" }):5075")
            #expect(try await SippCaller(target: moved).run(calls: 10).failed == 0)

            manifest.kamailios = 1
            try await lab.apply(manifest)
            try await lab.expectConverged(manifest)
            #expect(
                try await lab.unitNames().filter { $0.contains("kamailio") || $0.contains("dispatcher") } == [
                    "e2e-dispatcher-1", "e2e-kamailio-1",
                ])
            let destroyed = try await lab.dialtone("destroy", "-f", lab.write(manifest), "--yes")
            #expect(destroyed.status == 0, "\(destroyed)")
            #expect(try await lab.etcdctl("get", "--prefix", "/dialtone/e2e/", "--keys-only").isEmpty)
        }
    }
}

extension LabSession {
    /// Where an address of a node really is: in a lab without machines, on a loopback address, as its instance registered it.
    fileprivate func local(_ address: String) async throws -> String {
        if address.hasPrefix("127.") { return address }
        let sides = address.split(separator: ":")
        let words = try await option("ExecStart", of: "e2e-announcer-1") ?? ""
        let announced = words.split(separator: " ").drop { $0 != "--address" }.dropFirst().first ?? ""
        let registered = try await document("/dialtone/e2e/instances/e2e-asterisk-1")["address"].string ?? ""
        // The networks differ in their first three numbers, the nodes' own number stays.
        guard announced.split(separator: ".").count == 4 else { return address }
        let network = registered.split(separator: ".").dropLast().joined(separator: ".")
        let number = sides[0].split(separator: ".").last ?? ""
        return "\(network).\(number):\(sides[1])"
    }
}
