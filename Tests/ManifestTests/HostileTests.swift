import Manifest
import Testing

/// Input that is made to hurt; each takes seconds at most, most of them no time at all.
@Suite("Hostile input", .timeLimit(.minutes(1)))
struct HostileTests {
    /// The complaints; a debug build on a busy machine has five seconds for them.
    private func within(_ bytes: [UInt8], at location: SourceLocation = #_sourceLocation) -> [String] {
        var said: [String] = []
        let time = ContinuousClock().measure { said = complaints(bytes) }
        #expect(time < .seconds(5), sourceLocation: location)
        return said
    }

    private func within(_ text: String, at location: SourceLocation = #_sourceLocation) -> [String] {
        within(Array(text.utf8), at: location)
    }

    @Test("of ten megabytes is refused by its size")
    func tenMegabytes() {
        #expect(
            within([UInt8](repeating: UInt8(ascii: "a"), count: 10_000_000)) == [
                "m.yaml:1:1: the file has 10000000 bytes; allowed are 8388608 (8 MiB)"
            ])
    }

    @Test("of eight megabytes of one text, of values, of brackets, of keys is answered in bounded time")
    func eightMegabytes() {
        let size = 8 * 1024 * 1024
        #expect(within([UInt8](repeating: UInt8(ascii: "a"), count: size)).count == 1)
        #expect(
            within(String(repeating: "- a\n", count: size / 4)) == [
                "m.yaml:200000:3: the file has more than 200000 values; allowed are 200000, those that aliases repeat included"
            ])
        #expect(within(String(repeating: "[", count: size)).count == 1)
        #expect(within(String(repeating: "{a: ", count: size / 4)).count == 1)
        #expect(within(String(repeating: "? ", count: size / 2)).count == 1)
        #expect(within(String(repeating: "- ", count: size / 2)).count == 1)
        #expect(within(String(repeating: "*a ", count: size / 3)).count == 1)
        #expect(within(String(repeating: "\"", count: size)).count == 1)
        #expect(within("a: " + String(repeating: "\n", count: size - 3)).isEmpty == false)
        #expect(within("# " + String(repeating: "x", count: size - 2)).count == 1)
    }

    @Test("nested deeply is refused at the first level too many")
    func deepNesting() {
        let message = "values are nested more than 64 deep; allowed are 64 levels"
        #expect(within(String(repeating: "[", count: 100_000)) == ["m.yaml:1:65: \(message)"])
        #expect(within("a: " + String(repeating: "{b: ", count: 100_000)) == ["m.yaml:1:256: \(message)"])
        let blocks = (0..<100).map { String(repeating: " ", count: $0) + "k:\n" }.joined()
        #expect(within(blocks) == ["m.yaml:65:65: \(message)"])
        // Each line nests the last one once more, and only aliases show it.
        let chain = "- &a0 []\n" + (1..<100).map { "- &a\($0) [*a\($0 - 1)]\n" }.joined()
        #expect(within(chain) == ["m.yaml:64:9: \(message)"])
    }

    @Test("that aliases blow up is refused")
    func aliasBombs() {
        let laughs =
            "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
            + (1..<30).map {
                "a\($0): &a\($0) [\(Array(repeating: "*a\($0 - 1)", count: 10).joined(separator: ", "))]\n"
            }
            .joined()
        let said = within(laughs)
        #expect(said.count == 1)
        #expect(said.first?.contains("more than 200000 values") == true)
        #expect(
            within("&a [*a]") == [
                "m.yaml:1:5: alias *a stands inside the value that it names; allowed is a value that has ended"
            ])
    }

    @Test("of binary rubbish is refused where the first byte is that no text has")
    func rubbish() {
        let control = "a control character stands here; allowed are printable characters, line breaks and tabs"
        #expect(within([0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0]) == ["m.yaml:1:1: \(control)"])
        #expect(within(Array("a: b\nc: d".utf8) + [0, 1, 2]) == ["m.yaml:2:5: \(control)"])
        var state: UInt64 = 42
        for _ in 0..<200 {
            let bytes = (0..<2000).map { _ -> UInt8 in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 33)
            }
            #expect(!within(bytes).isEmpty)
        }
    }

    @Test(
        "that is not UTF-8 is refused where it stops to be",
        arguments: [
            ([0xC3], 9, "incomplete UTF-8 octet sequence"), ([0xE2, 0x82], 9, "incomplete UTF-8 octet sequence"),
            ([0xFF], 9, "invalid leading UTF-8 octet"), ([0x80], 9, "invalid leading UTF-8 octet"),
            ([0xC0, 0x80], 9, "invalid length of a UTF-8 sequence"),
            ([0xC3, 0x28], 10, "invalid trailing UTF-8 octet"),
            ([0xED, 0xA0, 0x80], 9, "invalid Unicode character"),
        ] as [([UInt8], Int, String)])
    func notUTF8(_ bytes: [UInt8], _ column: Int, _ reason: String) {
        #expect(
            within(Array("kind: ä\nname: zü".utf8) + bytes) == [
                "m.yaml:2:\(column): the bytes here are not UTF-8 (\(reason)); allowed is text in UTF-8"
            ])
    }

    @Test("in UTF-16 is refused, and a byte order mark of UTF-8 is passed over")
    func byteOrderMarks() {
        let refused = ["m.yaml:1:1: the file is UTF-16 or UTF-32; allowed is text in UTF-8"]
        #expect(within([0xFF, 0xFE, 0x61, 0x00]) == refused)
        #expect(within([0xFE, 0xFF, 0x00, 0x61]) == refused)
        #expect(within([0xEF, 0xBB, 0xBF] + Array(sample.utf8)) == [])
        #expect(
            within([0xEF, 0xBB, 0xBF] + Array(sample.replacing("kind: Cluster", with: "kind: X").utf8)) == [
                "m.yaml:2:7: kind is \"X\"; allowed is Cluster"
            ])
    }

    @Test("cut off anywhere never gets through in part")
    func cutOff() {
        let bytes = Array(sample.utf8)
        // Its first lines without the canary are a manifest, too.
        let whole = sample.split(separator: "\n").dropLast().joined(separator: "\n")
        for length in 0..<(bytes.count - 2) {
            let part = String(decoding: bytes.prefix(length), as: UTF8.self)
            let isWhole = part.hasPrefix(whole) && part.dropFirst(whole.count).allSatisfy(\.isWhitespace)
            #expect(complaints(part).isEmpty == isWhole, "after \(length) bytes")
        }
    }

    @Test("with a key of a megabyte or ten thousand wrong keys is answered shortly")
    func manyKeys() {
        let long = within(sample + "? " + String(repeating: "k", count: 1_000_000) + "\n: 1\n")
        #expect(long.count == 1)
        #expect(long.allSatisfy { $0.utf8.count < 300 })
        let many = within(sample + (0..<10_000).map { "key\($0): 1\n" }.joined())
        #expect(many.count == 10_000)
        let doubled = within(sample + String(repeating: "kind: Cluster\n", count: 10_000))
        #expect(doubled.count == 10_000)
    }

    @Test("empty in one of many ways says so")
    func empty() {
        #expect(within([]) == ["m.yaml:1:1: the file is empty; allowed is a manifest"])
        #expect(within("\n\n  \n") == ["m.yaml:1:1: the file is empty; allowed is a manifest"])
        #expect(
            complaints { () throws(ManifestErrors) in _ = try load([]) } == [
                "-f:1:1: no manifest was given; allowed is at least one file"
            ])
    }

    @Test("of 10,000 lines that are right is read in time that grows with its lines")
    func linear() throws {
        func manifest(_ lines: Int) -> [UInt8] {
            let head = sample.split(separator: "\n").filter { !$0.contains("nodes:") }.joined(separator: "\n")
            let addresses = (0..<lines).map { "    - 10.\($0 / 62500).\($0 / 250 % 250).\($0 % 250 + 1)\n" }.joined()
            return Array((head + "\n  nodes:\n    count: 4\n    image: /n\n    addresses:\n" + addresses).utf8)
        }
        func time(_ bytes: [UInt8]) -> Duration {
            (0..<5).map { _ in ContinuousClock().measure { #expect(complaints(bytes) == []) } }.min() ?? .zero
        }
        let (one, four) = (time(manifest(10_000)), time(manifest(40_000)))
        #expect(four < one * 8)
    }
}
