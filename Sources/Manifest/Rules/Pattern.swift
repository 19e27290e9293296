/// The form of a text: checked here, and rendered as the regular expression of the JSON Schema, from one description.
struct Pattern: Sendable {
    indirect enum Part: Sendable {
        case literal(String)
        /// As many characters of the set as there are; at least and at most.
        case run(Characters, ClosedRange<Int>)
        case choice([Pattern])
    }

    var parts: [Part]

    init(_ parts: Part...) {
        self.parts = parts
    }

    func matches(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { Self.match(parts[...], $0, 0) }
    }

    /// Whether `parts` fit all bytes from `start` on. Tries the longest run first, as a regular expression does.
    private static func match(_ parts: ArraySlice<Part>, _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Bool {
        guard let part = parts.first else { return start == bytes.count }
        let rest = parts.dropFirst()
        switch part {
        case .literal(let text):
            let end = start + text.utf8.count
            return end <= bytes.count && text.utf8.elementsEqual(bytes[start..<end]) && match(rest, bytes, end)
        case .run(let characters, let range):
            var end = start
            while end < bytes.count, end - start < range.upperBound, characters.contains(bytes, at: end) { end += 1 }
            if rest.isEmpty { return end == bytes.count && end - start >= range.lowerBound }
            while end - start >= range.lowerBound {
                if match(rest, bytes, end) { return true }
                end -= 1
            }
            return false
        case .choice(let choices):
            return choices.contains { match($0.parts + rest, bytes, start) }
        }
    }

    /// In the dialect of ECMA-262 (JSON Schema 2020-12, section 6.4), anchored.
    var regularExpression: String { "^\(inner)$" }

    private var inner: String {
        parts.map { part in
            switch part {
            case .literal(let text): text.unicodeScalars.map(Self.escaped).joined()
            case .run(let characters, let range): characters.regularExpression + Self.times(range)
            case .choice(let choices): "(?:\(choices.map(\.inner).joined(separator: "|")))"
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

    /// All printable characters but those of `excluded`; not the controls of ASCII and of Latin-1 (C1).
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
        return beyond && !isControl
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
        return beyond ? "[^\(text)\\u0080-\\u009f]" : "[\(text)]"
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
