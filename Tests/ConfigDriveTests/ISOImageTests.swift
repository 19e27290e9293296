@testable import ConfigDrive
import Foundation
import Testing

@Suite("ISO images of a config drive")
struct ISOImageTests {
    static let files: [(name: String, content: [UInt8])] = [
        ("user-data", Array("#cloud-config\nhostname: ä\n".utf8)),
        ("meta-data", Array("instance-id: a-node-1\n".utf8)),
        ("network-config", [UInt8](repeating: 7, count: 5000)),
        ("vendor-data", []),
    ]

    @Test("what was written is read back, names and bytes alike")
    func roundTrip() throws {
        let read = try isoFiles(isoImage(label: "cidata", files: Self.files))
        #expect(read == Dictionary(uniqueKeysWithValues: Self.files.map { ($0.name, $0.content) }))
    }

    @Test(
        "the same label and files give the same bytes in two processes, whatever the order, the time zone and the time")
    func reproducible() async throws {
        let image = try isoImage(label: "cidata", files: Self.files.reversed())
        let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
            setenv("TZ", "Asia/Kathmandu", 1)
            setenv("LC_ALL", "C", 1)
            _ = try isoImage(label: "OTHER", files: [("x", [1])])
            let second = try isoImage(label: "cidata", files: ISOImageTests.files)
            FileHandle.standardOutput.write(Data("<<\(Data(second).base64EncodedString())>>".utf8))
        }
        let output = String(decoding: try #require(result).standardOutputContent, as: UTF8.self)
        #expect(output.contains("<<\(Data(image).base64EncodedString())>>"))
    }

    @Test("images made by many threads at once are all the same")
    func threads() async throws {
        let image = try isoImage(label: "cidata", files: Self.files)
        await withTaskGroup(of: [UInt8]?.self) { group in
            for _ in 0..<32 { group.addTask { try? isoImage(label: "cidata", files: Self.files) } }
            for await other in group { #expect(other == image) }
        }
    }

    @Test("an image is small and made within a few milliseconds")
    func cost() throws {
        let image = try isoImage(label: "cidata", files: Self.files)
        #expect(image.count < 512 * 1024)
        let clock = ContinuousClock()
        let best = try (0..<20).map { _ in
            try clock.measure { _ = try isoImage(label: "cidata", files: Self.files) }
        }.min()
        #expect(try #require(best) < .milliseconds(10))
    }

    @Test(
        "another reader finds every file under its exact name",
        arguments: ["rockridge", "!rockridge"])
    func bsdtar(option: String) throws {
        let path = try Self.write(isoImage(label: "cidata", files: Self.files))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let names = try Self.run("bsdtar", ["--options", option, "-tf", path]).split(separator: "\n").map {
            $0.hasPrefix("./") ? String($0.dropFirst(2)) : String($0)
        }
        #expect(Set(names) == [".", "user-data", "meta-data", "network-config", "vendor-data"])
        #expect(
            try Self.run("bsdtar", ["--options", option, "-xOf", path, "user-data"]) == "#cloud-config\nhostname: ä\n")
        #expect(
            try Self.run("bsdtar", ["--options", option, "-xOf", path, "network-config"]).utf8.count == 5000)
    }

    @Test("xorriso sees the label, owner, modes and dates that were fixed")
    func xorriso() throws {
        let path = try Self.write(isoImage(label: "cidata", files: Self.files))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let listing = try Self.run("xorriso", ["-indev", path, "-pvd_info", "-lsl", "/"])
        #expect(listing.contains("Volume Id    : cidata"))
        #expect(listing.contains("Creation Time: 2000010100000000"))
        #expect(listing.contains("-r--r--r--    1 0        0              27 Jan  1  2000 'user-data'"))
    }

    @Test(
        "a label or name that the image could not carry exactly is refused",
        arguments: [
            ("", "user-data", "label '': 1 to 16 ASCII"),
            ("seventeen-letters", "a", "label 'seventeen-letters': 1 to 16"),
            ("ci data", "a", "label 'ci data'"), ("cidata", "", "file name ''"), ("cidata", "a/b", "file name 'a/b'"),
            ("cidata", "..", "file name '..'"), ("cidata", "ä", "file name 'ä'"), ("cidata", "a\nb", "file name 'a"),
            ("cidata", String(repeating: "a", count: 65), "1 to 64 ASCII"),
        ])
    func refused(label: String, name: String, message: String) {
        let error = #expect(throws: ISOError.self) { try isoImage(label: label, files: [(name, [])]) }
        #expect(error?.description.contains(message) == true)
    }

    @Test("a name given twice is refused, and one of 64 bytes is carried")
    func names() throws {
        #expect(throws: ISOError(description: "file 'a' is given twice")) {
            try isoImage(label: "cidata", files: [("a", [1]), ("b", []), ("a", [2])])
        }
        let long = String(repeating: "n", count: 64)
        #expect(try isoFiles(isoImage(label: "cidata", files: [(long, [1])])) == [long: [1]])
    }

    @Test("bytes that are no image, or only a part of one, give an error", arguments: [0, 100, 32768, 40000, 60000])
    func rubbish(count: Int) throws {
        let image = try isoImage(label: "cidata", files: Self.files)
        #expect(throws: ISOError.self) { try isoFiles(Array(image.prefix(count))) }
    }

    private static func write(_ image: [UInt8]) throws -> String {
        let path = NSTemporaryDirectory() + "/dialtone-\(UUID().uuidString).iso"
        try Data(image).write(to: URL(filePath: path))
        return path
    }

    private static func run(_ tool: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [tool] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return String(decoding: data, as: UTF8.self)
    }
}
