/// XML as sipp reads it: elements, and SIP messages in CDATA, which its reader asks for. Values are escaped as they are put in.
indirect enum SippXML {
    case element(String, [(String, String)] = [], [SippXML] = [])
    /// A SIP message; its lines, with an empty one before its body.
    case message([String])

    func write(to text: inout String, indent: Int = 0) {
        let space = String(repeating: "  ", count: indent)
        switch self {
        case .element(let name, let attributes, let children):
            text += "\(space)<\(name)"
            for (key, value) in attributes { text += " \(key)=\"\(SippXML.escaped(value))\"" }
            guard !children.isEmpty else {
                text += "/>\n"
                return
            }
            text += ">\n"
            for child in children { child.write(to: &text, indent: indent + 1) }
            text += "\(space)</\(name)>\n"
        case .message(let lines):
            // A line cannot end the section, nor begin another line.
            text += "<![CDATA[\n\n"
            for line in lines { text += SippXML.line(line) + "\n" }
            text += "\n]]>\n"
        }
    }

    static func escaped(_ value: String) -> String {
        var text = ""
        for character in value.unicodeScalars {
            switch character {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            default: text.unicodeScalars.append(character)
            }
        }
        return text
    }

    private static func line(_ text: String) -> String {
        String(
            String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F })
        )
        .replacing("]]>", with: "]] >")
    }
}

/// A header line that somebody asks for. One that sipp would take for more than that cannot be made.
public struct SippHeader: Sendable, Hashable {
    public let text: String

    /// - Parameter text: as `X-Beta: yes`; `nil` where it is no such line, or has a bracket, by which sipp's own keywords begin.
    public init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":"), colon != text.startIndex,
            text[..<colon].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            text.unicodeScalars.allSatisfy({
                $0.value >= 0x20 && $0.value != 0x7F && $0 != "[" && $0 != "]"
            })
        else { return nil }
        self.text = text
    }
}
