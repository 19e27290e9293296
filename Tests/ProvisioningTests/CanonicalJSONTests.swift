import ClusterModel
import FoundationEssentials
import Provisioning
import Testing

/// Marks and hashes are compared with what was written by earlier versions: the text must never change.
@Suite struct CanonicalJSONTests {
    private func foundation(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    @Test("every ASCII character, and others, is written as Foundation writes it")
    func characters() throws {
        let scalars =
            (0..<0x80).map { String(Unicode.Scalar(UInt8($0))) } + ["é", "日本", "🐙", "\u{2028}", "\u{FEFF}", "e\u{301}"]
        for text in scalars + [scalars.joined()] {
            #expect(CanonicalJSON.text([text]) == (try foundation([text])))
            #expect(CanonicalJSON.text([text: text]) == (try foundation([text: text])))
        }
    }

    @Test("keys are sorted as Foundation sorts them")
    func keys() throws {
        let keys = ["a", "A", "b", "B", "a10", "a2", "_", "-", "é", "z", "Z1", "", " ", "日"]
        let members = Dictionary(keys.map { ($0, $0.count) }) { first, _ in first }
        #expect(CanonicalJSON.text(members) == (try foundation(members)))
    }

    private struct Everything: Encodable {
        struct Part: Encodable {
            var list: [String]
            var map: [String: String]
            var nothing: Int?
        }

        enum Word: String, Encodable {
            case one, two
        }

        var boots: [Boot] = [.disk, .kernel(path: "/boot/vmlinuz", initrd: nil, arguments: "console=ttyS0 \"quiet\"")]
        var address = IPv4(number: 0x0A00_0001)
        var word = Word.two
        var names: FieldNames = ["b", "a"]
        var numbers = [0, -1, .max, .min]
        var small: UInt8 = 255
        var large: UInt32 = .max
        var moment = Instant(milliseconds: 1_800_000_000_123)
        var truths = [true, false]
        var parts = [Part(list: [], map: [:]), Part(list: ["x"], map: ["b": "1", "a": "2"], nothing: 1)]
        var matrix = [[1, 2], []]
        var maybe: [String?] = ["x", nil]
        var tracks: [Track: Int] = [.stable: 1, .canary: 2]
    }

    @Test("every kind of value that documents hold is written as Foundation writes it")
    func everything() throws {
        #expect(CanonicalJSON.text(Everything()) == (try foundation(Everything())))
        #expect(CanonicalJSON.text("alone") == (try foundation("alone")))
        #expect(CanonicalJSON.text([String: Int]()) == "{}")
        #expect(CanonicalJSON.text([Int]()) == "[]")
    }
}
