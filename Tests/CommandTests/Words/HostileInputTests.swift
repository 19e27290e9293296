import FoundationEssentials
import TestSupport
import Testing

/// "A 10 MB file, deep nesting, alias bombs, binary rubbish and truncated UTF-8 give a clear error in bounded time and memory"; "ten problems in one file give
/// ten messages".
@Suite struct HostileInputTests {
    struct Input: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var bytes: [UInt8]
        /// After the file's name.
        var complaint: String

        init(_ text: String, _ bytes: [UInt8], _ complaint: String) {
            testDescription = text
            self.bytes = bytes
            self.complaint = complaint
        }
    }

    private static let head = "apiVersion: dialtone/v1\nkind: Cluster\n"

    static let inputs = [
        Input(
            "ten megabytes", [UInt8](repeating: UInt8(ascii: "a"), count: 10_000_000),
            ":1:1: the file has 10000000 bytes; allowed are 8388608 (8 MiB)"),
        Input(
            "a hundred megabytes", [UInt8](repeating: UInt8(ascii: "\n"), count: 100_000_000),
            ":1:1: the file has more than"),
        Input("brackets alone", [UInt8](repeating: UInt8(ascii: "["), count: 8 << 20), ":1:65: values are nested"),
        Input(
            "an alias bomb",
            Array(
                ("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
                    + (1..<30).map {
                        "a\($0): &a\($0) [\(Array(repeating: "*a\($0 - 1)", count: 10).joined(separator: ", "))]\n"
                    }.joined()).utf8), "the file has more than 200000 values"),
        Input("a program", [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0], ":1:1: a control character stands here"),
        Input(
            "UTF-8 that is cut off", Array((head + "metadata: {name: ü").utf8.dropLast()),
            "the bytes here are not UTF-8 (incomplete UTF-8 octet sequence)"),
    ]

    @Test("Input that is made to hurt is refused where it hurts: 65, in seconds, and in 512 MiB", arguments: inputs)
    func refused(_ input: Input) async throws {
        let files = try TemporaryDirectory()
        let path = files.file("m.yaml")
        try Data(input.bytes).write(to: URL(filePath: path))
        let begun = ContinuousClock.now
        // dash's -d is RLIMIT_DATA in KiB: what a process may have of memory of its own.
        let (status, output) = try await ChildProcess.run(
            ["sh", "-c", #"ulimit -d 524288; exec "$0" validate -f "$1""#, Executable.path, path],
            environment: Executable.plainEnvironment)
        #expect(status == 65, "\(output.prefix(2000))")
        #expect(output.contains(path) && output.contains(input.complaint), "\(output.prefix(2000))")
        #expect(output.utf8.count < 10_000)
        #expect(ContinuousClock.now - begun < .seconds(20))
    }

    @Test("Ten problems in one file are ten messages, each with its place")
    func tenProblems() async throws {
        let files = try TemporaryDirectory()
        let wrong = """
            apiVersion: dialtone/v2
            kind: Claster
            metadata: {name: "A b", label: x}
            spec:
              connections: {etcd: "ftp://x"}
              nodes: {count: -1, image: "", addresses: 10.0.0.300}
              asterisk: {replicas: many, image: "a b"}
              canary: {replicas: 1, image: a:2, weight: 101}
            """
        let path = try files.write(wrong, to: "ten.yaml")
        let (status, output) = try await Executable.run("validate", "-f", path)
        #expect(status == 65, "\(output)")
        let places = output.split(separator: "\n").filter { $0.hasPrefix("\(path):") }.map {
            $0.dropFirst(path.count + 1).prefix { $0 != " " }
        }
        #expect(places.count >= 10, "\(output)")
        #expect(Set(places).count == places.count, "\(output)")
        for line in [1, 2, 3, 5, 6, 7, 8] {
            #expect(places.contains { $0.hasPrefix("\(line):") }, "\(line): \(output)")
        }
    }
}
