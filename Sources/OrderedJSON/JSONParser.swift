/// Reads a text value by value; nothing is made of them yet.
struct JSONParser {
    private(set) var nodes: [JSONDocument.Node] = []
    private var position = 0
    private var depth = 0

    /// Deeper than that is no document of anybody's.
    private static let deepest = 200

    init(count: Int) {
        nodes.reserveCapacity(count / 12 + 4)
    }

    typealias Text = UnsafeBufferPointer<UInt8>

    mutating func document(_ text: Text) throws(JSONSyntaxError) {
        try value(text)
        skipBlanks(text)
        guard position == text.count else { throw error("something stands behind the value") }
    }

    private mutating func value(_ text: Text) throws(JSONSyntaxError) {
        skipBlanks(text)
        guard position < text.count else { throw error("the text ends where a value should stand") }
        switch text[position] {
        case UInt8(ascii: "{"): try container(text, .object, end: UInt8(ascii: "}"))
        case UInt8(ascii: "["): try container(text, .list, end: UInt8(ascii: "]"))
        case UInt8(ascii: "\""): try string(text)
        case UInt8(ascii: "t"): try word(text, "true", .truth(true))
        case UInt8(ascii: "f"): try word(text, "false", .truth(false))
        case UInt8(ascii: "n"): try word(text, "null", .null)
        default: try number(text)
        }
    }

    private mutating func container(
        _ text: Text, _ kind: JSONDocument.Node.Kind, end: UInt8
    ) throws(JSONSyntaxError) {
        depth += 1
        guard depth <= Self.deepest else { throw error("it is nested too deeply") }
        let index = nodes.count
        nodes.append(.init(kind: kind, start: position, end: position, next: 0))
        position += 1
        let isObject = end == UInt8(ascii: "}")
        if !take(end, text) {
            repeat {
                if isObject {
                    skipBlanks(text)
                    guard position < text.count, text[position] == UInt8(ascii: "\"") else {
                        throw error("a key should stand here")
                    }
                    try string(text)
                    guard take(UInt8(ascii: ":"), text) else { throw error("a colon should stand here") }
                }
                try value(text)
            } while take(UInt8(ascii: ","), text)
            guard take(end, text) else { throw error("a comma or an end should stand here") }
        }
        nodes[index].end = position
        nodes[index].next = nodes.count
        depth -= 1
    }

    private mutating func string(_ text: Text) throws(JSONSyntaxError) {
        position += 1
        let start = position
        var isPlain = true
        var isASCII = true
        while position < text.count {
            let byte = text[position]
            if byte == UInt8(ascii: "\"") {
                append(.text(isPlain: isPlain, isASCII: isASCII), start)
                position += 1
                return
            }
            guard byte >= 0x20 else { throw error("a control character stands in a text") }
            if byte >= 0x80 { isASCII = false }
            if byte == UInt8(ascii: "\\") {
                isPlain = false
                try escape(text)
            }
            position += 1
        }
        throw error("a text does not end")
    }

    /// Leaves the position at the escape's last byte.
    private mutating func escape(_ text: Text) throws(JSONSyntaxError) {
        position += 1
        guard position < text.count else { throw error("a text does not end") }
        switch text[position] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return
        case UInt8(ascii: "u"):
            for _ in 0..<4 {
                position += 1
                guard position < text.count, Unicode.Scalar(text[position]).properties.isASCIIHexDigit else {
                    throw error("four hexadecimal digits should stand here")
                }
            }
        default: throw error("there is no such escape")
        }
    }

    private mutating func word(
        _ text: Text, _ word: StaticString, _ kind: JSONDocument.Node.Kind
    ) throws(JSONSyntaxError) {
        let start = position
        for index in 0..<word.utf8CodeUnitCount {
            guard position < text.count, text[position] == word.utf8Start[index] else {
                throw error("there is no such value")
            }
            position += 1
        }
        append(kind, start)
    }

    private mutating func number(_ text: Text) throws(JSONSyntaxError) {
        let start = position
        if position < text.count, text[position] == UInt8(ascii: "-") { position += 1 }
        let first = position
        guard digits(text) > 0 else { throw error("there is no such value") }
        if text[first] == UInt8(ascii: "0"), position > first + 1 { throw error("a number begins with 0") }
        if position < text.count, text[position] == UInt8(ascii: ".") {
            position += 1
            guard digits(text) > 0 else { throw error("digits should stand here") }
        }
        if position < text.count, text[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < text.count, text[position] == UInt8(ascii: "+") || text[position] == UInt8(ascii: "-") {
                position += 1
            }
            guard digits(text) > 0 else { throw error("digits should stand here") }
        }
        append(.number, start)
    }

    private mutating func digits(_ text: Text) -> Int {
        let start = position
        while position < text.count, UInt8(ascii: "0")...UInt8(ascii: "9") ~= text[position] { position += 1 }
        return position - start
    }

    private mutating func append(_ kind: JSONDocument.Node.Kind, _ start: Int) {
        nodes.append(.init(kind: kind, start: start, end: position, next: nodes.count + 1))
    }

    private mutating func take(_ byte: UInt8, _ text: Text) -> Bool {
        skipBlanks(text)
        guard position < text.count, text[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipBlanks(_ text: Text) {
        while position < text.count {
            switch text[position] {
            case 0x20, 0x09, 0x0a, 0x0d: position += 1
            default: return
            }
        }
    }

    private func error(_ message: String) -> JSONSyntaxError { JSONSyntaxError(offset: position, message: message) }
}
