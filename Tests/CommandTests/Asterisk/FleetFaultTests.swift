import TestSupport
import Testing

@Suite struct FleetFaultTests {
    @Test(
        "What a real fleet does over time changes nothing by itself: a running unit without a state, a fleet that answers nothing; a unit that fails is not up"
    )
    func faults() async throws {
        try await LabSession.run { lab in
            let manifest = ManifestText(nodes: 2, replicas: 2)
            try await lab.apply(manifest)
            let file = try lab.write(manifest)
            let moment = try await lab.moment()

            try await lab.fault("--silent", "e2e-asterisk-1.service", "--silent", "e2e-announcer-1.service")
            #expect(!(try await lab.curlFleet("state")).contains("-1.service"))
            try await lab.expectConverged(manifest)
            #expect(try await lab.status(manifest)["instances"].array.first?["up"].bool == true)

            try await lab.fault("--fleet-away")
            let away = try await lab.dialtone("apply", "-f", file, "--yes")
            #expect(away.status == 69, "\(away)")
            #expect(away.stderr.contains("fleet"), "\(away)")

            try await lab.fault("--failing", "e2e-asterisk-2.service")
            #expect(try await lab.logs(since: moment).fleetWrites == [])
            try await eventually("its key is gone") {
                try await lab.document("/dialtone/e2e/instances/e2e-asterisk-2") == .null
            }
            let failed = try JSON(await lab.curlFleet("state?unitName=e2e-asterisk-2.service"))
            #expect(failed["states"].array.first?["systemdActiveState"].string == "failed")
            let unit = try JSON(await lab.curlFleet("units/e2e-asterisk-2.service"))
            #expect(unit["currentState"].string == "launched", "as a real fleet says of one that failed")
            #expect(try await lab.status(manifest)["instances"].array.last?["up"].bool == false)

            try await lab.fault()
            try await lab.apply(manifest)
            try await lab.expectConverged(manifest)
        }
    }
}

extension LabSession {
    /// Makes the lab's fleet misbehave; without arguments no more.
    fileprivate func fault(_ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let output = try await dialtone(["lab", "fault", "--dir", directory] + arguments)
        #expect(output.status == 0, "\(output)", sourceLocation: sourceLocation)
    }
}
