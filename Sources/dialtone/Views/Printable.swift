extension Unicode.Scalar {
    /// Whether a terminal, or a reader's eye, may be led astray by it: control characters (C0, DEL, C1), line and
    /// paragraph separators, and what turns the direction of writing (UAX #9).
    var obeysNoReader: Bool {
        switch value {
        case 0..<0x20, 0x7f..<0xa0, 0x2028, 0x2029, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069, 0xfeff: true
        default: false
        }
    }
}

extension String {
    /// The text with everything that a terminal would obey written out: on one line, harmless to print.
    var printable: String { escaping { $0.obeysNoReader } }

    /// The same, with the lines left as they are.
    var printableLines: String { escaping { $0 != "\n" && $0.obeysNoReader } }

    private func escaping(_ isUnsafe: (Unicode.Scalar) -> Bool) -> String {
        guard unicodeScalars.contains(where: isUnsafe) else { return self }
        var text = ""
        for scalar in unicodeScalars {
            switch scalar {
            case _ where !isUnsafe(scalar): text.unicodeScalars.append(scalar)
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            case "\r": text += "\\r"
            default: text += "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
        return text
    }
}
