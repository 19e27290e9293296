import TestSupport
import Testing

@Suite struct ConvergenceTests {
    @Test("plan --detailed-exitcode exits 2 and changes nothing")
    func planTouchesNothing() async throws {
        try await LabSession.run { lab in
            let before = try await lab.dump()
            let planned = try await lab.dialtone("plan", "-f", try lab.write(ManifestText()), "--detailed-exitcode")
            #expect(planned.status == 2, "\(planned)")
            #expect(try await lab.dump() == before)
        }
    }
}
