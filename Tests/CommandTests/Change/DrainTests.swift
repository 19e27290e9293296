import TestSupport
import Testing

/// What carries calls gets no new ones, and is touched when those that are up have ended.
@Suite struct DrainTests {
    private static let newer = "registry.example.net/asterisk:20.10"

    @Test("apply lets a call end before it replaces its instance, and says meanwhile what it waits for")
    func waits() async throws {
        try await LabSession.run { lab in
            var manifest = ManifestText(nodes: 2, replicas: 2)
            try await lab.apply(manifest)
            let call = try await lab.call("e2e-asterisk-1", manifest)
            manifest.image = Self.newer
            let apply = try lab.start("apply", "-f", lab.write(manifest), "--yes")
            try await eventually("the instance gets no new calls") {
                try await lab.state(of: "e2e-asterisk-1") == "draining"
            }
            let plan = try await lab.plan(manifest)
            let waits = plan["steps"].array.flatMap { $0["waits"].array }
            let wait = waits.first { $0["kind"].string == "drain" }
            #expect(wait?["target"].string == "e2e-asterisk-1")
            #expect(wait?["limitSeconds"].int == 3600)
            #expect(wait?["calls"].int == 1 && wait?["oldestCallAt"].string != nil, "\(plan)")
            // The one without a call went first.
            #expect(try await lab.option("ExecStart", of: "e2e-asterisk-2")?.hasSuffix("20.10") == true)
            #expect(try await lab.option("ExecStart", of: "e2e-asterisk-1")?.hasSuffix("20.9") == true)
            try await call.end()
            let status = try await apply.waitForExit()
            #expect(status == 0, "\(apply.output)")
            #expect(try await lab.option("ExecStart", of: "e2e-asterisk-1")?.hasSuffix("20.10") == true)
            #expect(try await lab.state(of: "e2e-asterisk-1") == "in")
        }
    }

    @Test("only where the manifest says so, calls are cut when their time is over, and the outcome says how many")
    func cuts() async throws {
        try await LabSession.run { lab in
            var manifest = ManifestText(nodes: 2, replicas: 2)
            manifest.drain = .init(timeout: "1s", onTimeout: "cut")
            try await lab.apply(manifest)
            _ = try await lab.call("e2e-asterisk-1", manifest)
            manifest.image = Self.newer
            let applied = try await lab.dialtone("apply", "-f", lab.write(manifest), "--yes", "-o", "json")
            #expect(applied.status == 0, "\(applied)")
            let done = try JSON(applied.stdout)["done"].array
            #expect(
                done.filter { $0["kind"].string == "replaceInstance" }.map {
                    "\($0["target"].string ?? "") \($0["cutsCalls"].int ?? 0)"
                }
                    == ["e2e-asterisk-2 0", "e2e-asterisk-1 1"])
        }
    }

    @Test(
        "drain takes an instance or a node out of the shares until undrain, whoever applies, and status says who wants it"
    )
    func orders() async throws {
        try await LabSession.run { lab in
            let manifest = ManifestText(nodes: 2, replicas: 2)
            try await lab.apply(manifest)
            let file = try lab.write(manifest)
            for target in ["e2e-asterisk-2", "e2e-node-2"] {
                let moment = try await lab.moment()
                let ordered = try await lab.dialtone("drain", target, "-f", file, "--note", "new disk on Monday")
                #expect(ordered.status == 0, "\(ordered)")
                #expect(ordered.stdout.contains("e2e-asterisk-2 has 0 up"), "\(ordered)")
                #expect(try await lab.plan(manifest).deeds == ["writeShares shares"])
                try await lab.apply(manifest)
                #expect(try await lab.state(of: "e2e-asterisk-2") == "draining")
                #expect(try await lab.state(of: "e2e-asterisk-1") == "in")
                try await lab.expectConverged(manifest)
                let drains = try await lab.status(manifest)["drains"].array
                #expect(drains.map { $0["target"].string } == [target])
                #expect(drains.map { $0["note"].string } == ["new disk on Monday"])
                #expect(drains[0]["by"].string?.contains("@") == true)
                let refused = try await lab.dialtone("drain", "e2e-asterisk-1", "-f", file)
                #expect(refused.status == 0)
                let held = try await lab.apply(manifest, status: 77)
                #expect(held.stdout.contains("no other stable instance would be left"), "\(held)")
                for taken in ["e2e-asterisk-1", target, target] {
                    #expect(try await lab.dialtone("undrain", taken, "-f", file).status == 0)
                }
                try await lab.apply(manifest)
                #expect(try await lab.state(of: "e2e-asterisk-2") == "in")
                #expect(try await lab.logs(since: moment).fleetWrites == [], "no unit was touched")
            }
        }
    }

    @Test("an order for what is not there is refused, with the names that are")
    func unknown() async throws {
        try await LabSession.run { lab in
            let manifest = ManifestText(nodes: 1, replicas: 1)
            try await lab.apply(manifest)
            let refused = try await lab.dialtone("drain", "e2e-asterisk-7", "-f", lab.write(manifest))
            #expect(refused.status == 64)
            #expect(
                refused.stderr.contains("no instance or node e2e-asterisk-7; there are e2e-node-1, e2e-asterisk-1"),
                "\(refused)")
            #expect(try await lab.status(manifest)["drains"].array.isEmpty)
        }
    }

    @Test("a controller that runs obeys an order by itself, and goes on with it after a restart")
    func running() async throws {
        try await LabSession.run { lab in
            let manifest = ManifestText(nodes: 2, replicas: 2)
            try await lab.apply(manifest)
            let file = try lab.write(manifest)
            for _ in 1...2 {
                let run = try lab.start("run", "-f", file, "--interval", "60s")
                #expect(try await lab.dialtone("drain", "e2e-asterisk-1", "-f", file).status == 0)
                try await eventually("it is obeyed") { try await lab.state(of: "e2e-asterisk-1") == "draining" }
                #expect(try await run.stop() == 0, "\(run.output)")
            }
        }
    }
}

extension LabSession {
    /// A call on an instance, which has been counted.
    func call(_ instance: String, _ manifest: ManifestText) async throws -> TestCall {
        let instances = try await status(manifest)["instances"].array
        let address = instances.first { $0["name"].string == instance }?["address"].string ?? ""
        let call = try await TestCall.begin(to: address)
        try await expectCalls(1, on: instance)
        return call
    }

    /// An instance's state in the shares.
    func state(of instance: String, cluster: String = "e2e") async throws -> String? {
        try await document("/dialtone/\(cluster)/shares")["instances"].array
            .first { $0["name"].string == instance }?["state"].string
    }
}
