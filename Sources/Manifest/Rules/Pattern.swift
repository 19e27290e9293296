import OrderedJSON

/// The form of a text: checked here, and rendered as the regular expression of the JSON Schema, from one description.
struct Pattern: Sendable {
    indirect enum Part: Sendable {
        case literal(String)
        /// As many characters of the set as there are; at least and at most.
        case run(Characters, ClosedRange<Int>)
        case choice([Pattern])
    }

    let parts: [Part]
    /// The parts as they are tried: what follows a choice stands at the end of each of its ways.
    private let way: [Part]

    init(_ parts: Part...) {
        self.init(parts: parts)
    }

    init(parts: [Part]) {
        self.parts = parts
        way = Self.way(through: parts[...])
    }

    private static func way(through parts: ArraySlice<Part>) -> [Part] {
        guard let part = parts.first else { return [] }
        let rest = parts.dropFirst()
        guard case .choice(let choices) = part else { return [part] + way(through: rest) }
        return [.choice(choices.map { Pattern(parts: $0.parts + rest) })]
    }

    func matches(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { matches($0, from: 0) }
    }

    /// Whether the parts fit all bytes from `start` on.
    private func matches(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Bool {
        Self.match(way, 0, bytes, start)
    }

    /// Whether the parts from `index` on fit all bytes from `start` on. Tries the longest run first, as a regular
    /// expression does.
    private static func match(
        _ parts: [Part], _ index: Int, _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int
    ) -> Bool {
        guard index < parts.count else { return start == bytes.count }
        switch parts[index] {
        case .literal(let text):
            let end = start + text.utf8.count
            return end <= bytes.count && text.utf8.elementsEqual(bytes[start..<end])
                && match(parts, index + 1, bytes, end)
        case .run(let characters, let range):
            var end = start
            while end < bytes.count, end - start < range.upperBound, characters.contains(bytes, at: end) { end += 1 }
            if index + 1 == parts.count { return end == bytes.count && end - start >= range.lowerBound }
            while end - start >= range.lowerBound {
                if match(parts, index + 1, bytes, end) { return true }
                end -= 1
            }
            return false
        case .choice(let choices):
            return choices.contains { $0.matches(bytes, from: start) }
        }
    }

    /// In the dialect of ECMA-262 (JSON Schema 2020-12, section 6.4), anchored.
    var regularExpression: String { "^\(inner)$" }

    private var inner: String {
        parts.map { part in
            switch part {
            case .literal(let text): text.unicodeScalars.map(Self.escaped).joined()
            case .run(let characters, let range): characters.regularExpression + Self.times(range)
            case .choice(let choices):
                "(?:\(choices.map(\.inner).filter { !$0.isEmpty }.joined(separator: "|")))"
                    + (choices.contains { $0.parts.isEmpty } ? "?" : "")
            }
        }.joined()
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        "\\^$.|?*+()[]{}/".unicodeScalars.contains(scalar) ? "\\\(scalar)" : "\(scalar)"
    }

    private static func times(_ range: ClosedRange<Int>) -> String {
        switch (range.lowerBound, range.upperBound) {
        case (1, 1): ""
        case (0, Int.max): "*"
        case (1, Int.max): "+"
        case (let low, Int.max): "{\(low),}"
        case (let low, let high) where low == high: "{\(low)}"
        case (let low, let high): "{\(low),\(high)}"
        }
    }
}

/// A set of ASCII characters, with or without all the printable ones beyond ASCII.
struct Characters: Sendable {
    private var low: UInt64 = 0
    private var high: UInt64 = 0
    private var beyond = false

    init(_ ranges: ClosedRange<Unicode.Scalar>..., and others: String = "") {
        for range in ranges {
            for value in range.lowerBound.value...range.upperBound.value { insert(UInt8(value)) }
        }
        for byte in others.utf8 { insert(byte) }
    }

    /// All printable characters but those of `excluded`; not the controls of ASCII and of Latin-1 (C1), and not
    /// U+FFFE and U+FFFF.
    static func printable(except excluded: String = "", and others: String = "") -> Characters {
        var characters = Characters(and: others)
        for byte in UInt8(0x20)...0x7E where !excluded.utf8.contains(byte) { characters.insert(byte) }
        characters.beyond = true
        return characters
    }

    private mutating func insert(_ byte: UInt8) {
        if byte < 64 { low |= 1 << byte } else { high |= 1 << (byte - 64) }
    }

    private func has(_ byte: UInt8) -> Bool {
        (byte < 64 ? low >> byte : high >> (byte & 63)) & 1 == 1
    }

    /// Whether the byte at `index` is one of the set, or part of one.
    func contains(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Bool {
        let byte = bytes[index]
        guard byte >= 0x80 else { return has(byte) }
        // C1 controls are C2 80 to C2 9F in UTF-8.
        let isControl = byte == 0xC2 && index + 1 < bytes.count && bytes[index + 1] < 0xA0
        // U+FFFE and U+FFFF (EF BF BE, EF BF BF) are no characters, and XML cannot carry them (XML 1.0, 2.2 'Char').
        let isNone = byte == 0xEF && index + 2 < bytes.count && bytes[index + 1] == 0xBF && bytes[index + 2] >= 0xBE
        return beyond && !isControl && !isNone
    }

    var regularExpression: String {
        let wanted = (UInt8(0)...127).filter { has($0) != beyond }
        var text = ""
        var index = 0
        while index < wanted.count {
            var last = index
            while last + 1 < wanted.count, wanted[last + 1] == wanted[last] + 1 { last += 1 }
            if last - index > 1 {
                text += Self.escaped(wanted[index]) + "-" + Self.escaped(wanted[last])
            } else {
                text += wanted[index...last].map(Self.escaped).joined()
            }
            index = last + 1
        }
        return beyond ? "[^\(text)\\u0080-\\u009f\\ufffe\\uffff]" : "[\(text)]"
    }

    private static func escaped(_ byte: UInt8) -> String {
        if byte < 0x20 || byte == 0x7F {
            let digits = String(byte, radix: 16)
            return "\\u00" + (digits.count == 1 ? "0" : "") + digits
        }
        let character = String(UnicodeScalar(byte))
        return "\\]^-[/".contains(character) ? "\\" + character : character
    }
}
