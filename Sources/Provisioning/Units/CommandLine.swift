/// A command line of a unit, escaped by systemd's rules (systemd.service(5), 'Command lines'; systemd.unit(5),
/// 'Specifiers'; systemd.syntax(7), 'Quoting'): every word reaches the program as it was given.
public struct CommandLine: Sendable, Hashable {
    public var words: [String]

    public init(_ words: [String]) {
        self.words = words
    }

    /// - Parameter prefix: systemd's own, such as `-`: a failure of this command is none.
    public func text(prefix: String = "") -> String {
        var bytes = Array(prefix.utf8)
        bytes.reserveCapacity(words.reduce(bytes.count) { $0 + $1.utf8.count + 3 })
        for (index, word) in words.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: " ")) }
            var quoted = Self.quoted(word)
            quoted.withUTF8 { bytes.append(contentsOf: $0) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func quoted(_ word: String) -> String {
        // Most words mean nothing to systemd.
        var bytes = word
        if !word.isEmpty, bytes.withUTF8({ $0.allSatisfy(isSafe) }) { return word }
        var escaped = ""
        var plain = !word.isEmpty
        for scalar in word.unicodeScalars {
            switch scalar {
            case "\\": escaped += #"\\"#
            case "\"": escaped += #"\""#
            case "'": escaped += #"\'"#
            case "\n": escaped += #"\n"#
            case "\t": escaped += #"\t"#
            case "%": escaped += "%%"
            case "$": escaped += "$$"
            default:
                if scalar.value < 0x20 || scalar.value == 0x7f {
                    let hex = String(scalar.value, radix: 16)
                    escaped += #"\x"# + (hex.count == 1 ? "0" : "") + hex
                } else {
                    escaped.unicodeScalars.append(scalar)
                    if UInt8(exactly: scalar.value).map(isSafe) == true { continue }
                }
            }
            plain = false
        }
        return plain ? escaped : "\"\(escaped)\""
    }

    /// Characters that mean nothing to systemd outside quotes.
    private static func isSafe(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "-")...UInt8(ascii: ":"), UInt8(ascii: "@"), UInt8(ascii: "_"), UInt8(ascii: "="),
            UInt8(ascii: ","), UInt8(ascii: "+"):
            true
        default: false
        }
    }
}
