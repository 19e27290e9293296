/// The words of an `ExecStart=` line (systemd.service(5), 'Command lines'; systemd.syntax(7), 'Quoting'; systemd.unit(5), 'Specifiers'): quotes, C escapes, `%%` and `$$`.
///
/// Other specifiers and variables stay as they are: no unit here has any.
enum CommandWords {
    static func split(_ line: String) -> [String] {
        var words: [String] = []
        var word: String.UnicodeScalarView?
        var quote: Unicode.Scalar?
        var rest = Array(line.unicodeScalars)[...]
        func put(_ scalar: Unicode.Scalar) {
            var text = word ?? String.UnicodeScalarView()
            text.append(scalar)
            word = text
        }
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\\": escape(&rest).forEach(put)
            case "%" where rest.first == "%", "$" where rest.first == "$":
                rest.removeFirst()
                put(scalar)
            case "\"", "'":
                if quote == scalar {
                    quote = nil
                } else if quote == nil {
                    quote = scalar
                    word = word ?? String.UnicodeScalarView()
                } else {
                    put(scalar)
                }
            case " " where quote == nil, "\t" where quote == nil:
                if let complete = word { words.append(String(complete)) }
                word = nil
            default: put(scalar)
            }
        }
        return words + (word.map { [String($0)] } ?? [])
    }

    /// What follows a backslash (systemd.syntax(7), table 'Supported escapes').
    private static func escape(_ rest: inout ArraySlice<Unicode.Scalar>) -> [Unicode.Scalar] {
        guard let next = rest.popFirst() else { return ["\\"] }
        switch next {
        case "a": return ["\u{7}"]
        case "b": return ["\u{8}"]
        case "f": return ["\u{c}"]
        case "n": return ["\n"]
        case "r": return ["\r"]
        case "t": return ["\t"]
        case "v": return ["\u{b}"]
        case "s": return [" "]
        case "x": return number(&rest, digits: 2, radix: 16)
        case "u": return number(&rest, digits: 4, radix: 16)
        case "U": return number(&rest, digits: 8, radix: 16)
        case "0"..."7":
            rest = [next] + rest
            return number(&rest, digits: 3, radix: 8)
        default: return [next]
        }
    }

    private static func number(
        _ rest: inout ArraySlice<Unicode.Scalar>, digits: Int, radix: Int
    ) -> [Unicode.Scalar] {
        let text = String(String.UnicodeScalarView(rest.prefix(digits)))
        guard let value = UInt32(text, radix: radix), let scalar = Unicode.Scalar(value) else { return ["\\"] }
        rest = rest.dropFirst(digits)
        return [scalar]
    }
}
