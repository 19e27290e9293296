import FoundationEssentials
import TestSupport
import Testing

@Suite struct ExampleTests {
    @Test("Each file in manifests/ can be planned, applied and destroyed in a lab, unchanged")
    func all() async throws {
        let directory = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../manifests").path
        let files = try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".yaml") }
            .sorted()
        #expect(files.count >= 7)
        try await LabSession.run(kamailios: 1) { lab in
            let before = try await lab.dumpLibvirt()
            for file in files {
                let path = "\(directory)/\(file)"
                let planned = try await lab.dialtone("plan", "-f", path, "--detailed-exitcode")
                #expect(planned.status == 2, "\(planned)")
                let applied = try await lab.dialtone("apply", "-f", path, "--yes")
                #expect(applied.status == 0, "\(applied)")
                let again = try await lab.dialtone("plan", "-f", path, "--detailed-exitcode")
                #expect(again.status == 0, "\(again)")
                let destroyed = try await lab.dialtone("destroy", "-f", path, "--yes")
                #expect(destroyed.status == 0, "\(destroyed)")
            }
            #expect(try await lab.dumpLibvirt() == before)
        }
    }
}
