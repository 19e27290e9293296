/// The words of a command line as systemd reads them, written from its manuals and not from our own code: systemd.service(5), 'Command lines';
/// systemd.syntax(7), 'Quoting'; systemd.unit(5), 'Specifiers'.
enum SystemdWords {
    struct Refused: Error {
        var what: String
    }

    static func split(_ line: String) throws -> [String] {
        var characters = Array(line.unicodeScalars)
        // Before everything else a leading '-' says that a failure is none.
        if characters.first == "-" { characters.removeFirst() }
        return try unquoted(characters).map(expanded)
    }

    /// Splits at blanks outside quotes, and takes quotes and C escapes away.
    private static func unquoted(_ characters: [Unicode.Scalar]) throws -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Unicode.Scalar?
        var index = 0
        func next(_ count: Int) throws -> String {
            guard index + count <= characters.count else { throw Refused(what: "an escape is cut off") }
            defer { index += count }
            return characters[index..<index + count].map { String($0) }.joined()
        }
        while index < characters.count {
            let character = characters[index]
            index += 1
            if character == "\\" {
                word = (word ?? "") + String(try escape(try next(1), next))
            } else if character == quote {
                quote = nil
            } else if quote == nil, character == "\"" || character == "'" {
                quote = character
                word = word ?? ""
            } else if quote == nil, character == " " || character == "\t" {
                if let complete = word { words.append(complete) }
                word = nil
            } else if character == "\n" {
                throw Refused(what: "a line ends inside a command")
            } else {
                word = (word ?? "") + String(character)
            }
        }
        guard quote == nil else { throw Refused(what: "a quote is open") }
        return words + (word.map { [$0] } ?? [])
    }

    private static func escape(_ letter: String, _ next: (Int) throws -> String) throws -> Unicode.Scalar {
        let plain: [String: Unicode.Scalar] = [
            "a": "\u{7}", "b": "\u{8}", "f": "\u{c}", "n": "\n", "r": "\r", "t": "\t", "v": "\u{b}", "\\": "\\",
            "\"": "\"", "'": "'", "s": " ",
        ]
        if let character = plain[letter] { return character }
        let digits = ["x": 2, "u": 4, "U": 8]
        guard let count = digits[letter], let value = UInt32(try next(count), radix: 16),
            let character = Unicode.Scalar(value)
        else { throw Refused(what: "no escape: \\\(letter)") }
        return character
    }

    /// `%%` and `$$` are the characters themselves; another specifier or variable would be expanded.
    private static func expanded(_ word: String) throws -> String {
        var text = ""
        var rest = word.unicodeScalars[...]
        while let character = rest.popFirst() {
            if character == "%" || character == "$" {
                guard rest.popFirst() == character else {
                    throw Refused(what: "systemd expands \(character) in \(word)")
                }
            }
            text.unicodeScalars.append(character)
        }
        return text
    }
}
