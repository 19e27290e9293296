import FoundationEssentials
import OrderedJSON
import Testing

/// Read as Foundation's decoder reads, which is held to be right.
@Suite struct JSONDocumentTests {
    private struct Part: Codable, Equatable {
        var text: String
        var list: [Int]?
    }

    private struct Whole: Codable, Equatable {
        var name: String
        var number: Int
        var large: UInt64
        var small: Int8
        var truth: Bool
        var fraction: Double
        var maybe: String?
        var bytes: Data
        var parts: [Part]
        var map: [String: String]
        var nested: [String: [String: Int]]
    }

    private func foundation<Value: Decodable>(_ type: Value.Type, _ text: String) -> Value? {
        try? JSONDecoder().decode(type, from: Data(text.utf8))
    }

    private func ours<Value: Decodable>(_ type: Value.Type, _ text: String) -> Value? {
        try? JSONDocument.decode(type, from: Array(text.utf8))
    }

    @Test("a whole document reads as it was written", arguments: [0, 1, 23, 24, 25, 200])
    func whole(_ keys: Int) throws {
        let map = Dictionary(uniqueKeysWithValues: (0..<keys).map { ("key \"\($0)\"", "value\n\($0)") })
        let value = Whole(
            name: "é\u{1F419}\u{0}\"\\/", number: .min, large: .max, small: -128, truth: true, fraction: -1.5e10,
            maybe: keys > 1 ? "x" : nil, bytes: Data([0, 255, 1]),
            parts: [Part(text: "", list: nil), Part(text: "x", list: [1, -2])], map: map,
            nested: ["a": [:], "b": ["c": 0]])
        let bytes = Array(try JSONEncoder().encode(value))
        #expect(try JSONDocument.decode(Whole.self, from: bytes) == value)
    }

    @Test(
        "what is JSON is read, and nothing else",
        arguments: [
            "[]", "[ ]", "[1]", "[1,2]", "[,1]", "[1 2]", "[", "]", "", " ", "[1]x", "[01]", "[-1]", "[-]",
            "[1.0]", "[1e2]", "[+1]", "[1.]", "[.5]", "[true]", "[null]", "[\"1\"]", "[9223372036854775808]",
            "\u{FEFF}[1]", "[1]\n", "{\"a\":1}",
        ])
    func numbers(_ text: String) {
        // A number with a fraction or an exponent is none of ours, whole as it may be.
        let isWhole = !text.contains(".") && !text.contains("e2")
        #expect(ours([Int].self, text) == (isWhole && !text.hasPrefix("\u{FEFF}") ? foundation([Int].self, text) : nil))
    }

    @Test("a comma before an end, which Foundation lets pass, is an error", arguments: ["[1,]", "{\"a\":1,}"])
    func comma(_ text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONDocument(Array(text.utf8)) }
    }

    @Test(
        "texts are read with their escapes",
        arguments: [
            #"["a\"b\\c\/d\b\f\n\r\t"]"#, #"["\u0041\u00e9\u65e5"]"#, #"["\ud83d\udc19"]"#, #"["\ud83d"]"#,
            #"["\udc19"]"#, #"["\ud83d\ud83d"]"#, #"["\ud83d\n"]"#, #"["\ud83dx"]"#, #"["a\uD83D\uDC19\u00FFz"]"#,
            #"["\u0000\uffff\uABCD"]"#,
            #"["\u004"]"#, #"["\x"]"#, #"["\"]"#, "[\"\t\"]", "[\"é日🐙\"]", #"["é\n"]"#, #"["unended]"#,
        ])
    func texts(_ text: String) {
        #expect(ours([String].self, text) == foundation([String].self, text))
    }

    @Test(
        "what is no UTF-8 is no text",
        arguments: [[0x22, 0xff, 0x22], [0x22, 0xc3, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22]])
    func utf8(_ bytes: [UInt8]) {
        #expect(throws: (any Error).self) { try JSONDocument.decode(String.self, from: bytes) }
    }

    @Test("an escaped key is found, and of doubled keys one")
    func keys() {
        #expect(ours(Part.self, #"{"te\u0078t":"x","other":[{}]}"#) == Part(text: "x", list: nil))
        #expect(ours(Part.self, #"{"text":"x","list":null}"#) == Part(text: "x", list: nil))
        #expect(ours(Part.self, #"{"list":[1]}"#) == nil)
        #expect(ours(Part.self, #"{"text":1}"#) == nil)
        #expect(ours([String: Int].self, #"{"a":1,"a":2}"#)?.count == 1)
    }

    @Test("what is nested beyond measure is refused and crashes nothing", arguments: ["[", "{\"a\":"])
    func depth(_ opening: String) {
        let text = String(repeating: opening, count: 100_000)
        #expect(throws: JSONSyntaxError.self) { try JSONDocument(Array(text.utf8)) }
    }

    private struct Unit: JSONReadable, Equatable {
        enum State: String {
            case loaded, launched
        }

        var name: String
        var state: State?
        var count: Int
        var options: [String]
        var labels: [String: String]

        init(_ json: JSONCursor) throws {
            name = try json.text("name")
            state = try json.optionalWord("state", as: State.self)
            count = try json.integer("count")
            options = try json.list("options") { try $0.text("value") }
            labels = try json.texts("labels")
        }
    }

    @Test("a value is read member by member, in whatever order they stand")
    func members() throws {
        let text = #"[{"labels":{"a":"b"},"options":[{"x":[1],"value":"v"}],"state":"loaded","count":3,"name":"n"}]"#
        let unit = try #require(ours([Unit].self, text)?.first)
        #expect(unit.name == "n")
        #expect(unit.state == .loaded)
        #expect(unit.count == 3)
        #expect(unit.options == ["v"])
        #expect(unit.labels == ["a": "b"])
    }

    @Test(
        "a member that is missing, or something else, is an error",
        arguments: [
            #"{"count":1}"#, #"{"name":1,"count":1}"#, #"{"name":"n"}"#, #"{"name":"n","count":1,"state":"gone"}"#,
            #"{"name":"n","count":1,"options":{}}"#, "[]", "null",
        ])
    func missing(_ text: String) {
        #expect(ours(Unit.self, text) == nil)
    }
}
