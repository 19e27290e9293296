import FoundationEssentials
import TestSupport
import Testing

extension RealMachines {
    @Suite struct NodeImageTests {
        private static let script: String = {
            let file = #filePath
            let root = file.prefix(upTo: file.firstRange(of: "/Tests/QemuTests/")?.lowerBound ?? file.startIndex)
            return root + "/scripts/node-image"
        }()

        @Test(
            "The node image made anew, elsewhere and by a user with other habits, is the same byte for byte; one that is there is left alone",
            .timeLimit(.minutes(3)))
        func reproducible() async throws {
            let files = try TemporaryDirectory()
            let directory = files.file("image")
            let make = [
                "sh", "-c", #"umask 077; TZ=Asia/Tokyo LC_ALL=C.UTF-8 SOURCE_DATE_EPOCH=1 exec "$1" "$2""#, "sh",
                Self.script,
                directory,
            ]
            let made = try await MachineLab.run(make)
            #expect(made.status == 0, "\(made)")
            for name in ["base.qcow2", "initrd.img", "vmlinuz", "packages"] {
                let compared = try await MachineLab.run([
                    "cmp", "\(directory)/current/\(name)", "\(MachineLab.image)/current/\(name)",
                ])
                #expect(compared.status == 0, "\(compared)")
            }
            let again = try await MachineLab.run(make)
            #expect(again.text.contains("is there already"), "\(again)")
        }
    }
}
