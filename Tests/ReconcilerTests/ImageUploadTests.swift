import ClusterModel
import Libvirt
import TestSupport
import Testing

@testable import Reconciler

@Suite struct ImageUploadTests {
    /// Takes any content, and says that it was another one.
    private struct OtherContents: VolumeContents {
        var sent: String

        func write(
            _ source: VolumeSource, pool: String, volume: String, progress: @escaping Progress
        ) async throws(PortError) -> String { sent }

        func discard(pool: String, volume: String) async {}
    }

    private static let place = HypervisorSpec(name: "h", uri: "test:///default", pool: "default-pool")

    @Test(
        "What was sent has to be what the volume is named after: else there is no volume, and image and mend are said",
        arguments: [true, false])
    func changed(_ isSame: Bool) async throws {
        let files = try TemporaryDirectory()
        let path = try files.write("a base image", to: "image")
        let image = try await ImageFiles().describe(path)
        let connection = LibvirtConnection(uri: Self.place.uri)
        let hypervisor = LibvirtHypervisor(
            connection, place: Self.place, contents: OtherContents(sent: isSame ? image.sha256 : "0000"))
        let upload = ImageUpload(path: path, volume: "dialtone-1.qcow2", file: image)
        var failure: PortError?
        do throws(PortError) {
            try await hypervisor.perform(.ensureImage(pool: "default-pool", upload)) { _, _ in }
        } catch {
            failure = error
        }
        #expect(failure?.kind == (isSame ? nil : .changed))
        if let failure {
            #expect(
                failure.message
                    == "image \(path) is no longer the file that was looked at, and volume 'dialtone-1.qcow2' was not made from it: see that nobody writes to the file, and apply again"
            )
        }
        #expect(try await connection.volumeNames(inPool: "default-pool").contains("dialtone-1.qcow2") == isSame)
        await connection.close()
    }

    @Test("A file of another length is not sent at all")
    func otherLength() async throws {
        let files = try TemporaryDirectory()
        let path = try files.write("a base image", to: "image")
        let connection = LibvirtConnection(uri: Self.place.uri)
        let hypervisor = LibvirtHypervisor(connection, place: Self.place, contents: OtherContents(sent: ""))
        let upload = ImageUpload(path: path, volume: "dialtone-2.qcow2", file: ImageFile(sha256: "", bytes: 13))
        let error = await #expect(throws: PortError.self) {
            try await hypervisor.perform(.ensureImage(pool: "default-pool", upload)) { _, _ in }
        }
        #expect(error?.kind == .changed)
        #expect(try await !connection.volumeNames(inPool: "default-pool").contains("dialtone-2.qcow2"))
        await connection.close()
    }
}
