/// A JSON value whose members keep their order.
indirect enum JSON: Sendable {
    case object([(String, JSON)])
    case array([JSON])
    case text(String)
    case number(Int)
    case truth(Bool)

    /// The value as text, two spaces an indent; the same for the same value, always.
    var rendered: String {
        var text = ""
        write(to: &text, indent: "")
        return text
    }

    private func write(to text: inout String, indent: String) {
        let inner = indent + "  "
        switch self {
        case .object(let members) where !members.isEmpty:
            text += "{\n"
            for (index, (key, value)) in members.enumerated() {
                text += index == 0 ? inner : ",\n" + inner
                JSON.write(key, to: &text)
                text += ": "
                value.write(to: &text, indent: inner)
            }
            text += "\n\(indent)}"
        case .array(let items) where !items.isEmpty:
            text += "[\n"
            for (index, item) in items.enumerated() {
                text += index == 0 ? inner : ",\n" + inner
                item.write(to: &text, indent: inner)
            }
            text += "\n\(indent)]"
        case .object: text += "{}"
        case .array: text += "[]"
        case .text(let value): JSON.write(value, to: &text)
        case .number(let value): text += "\(value)"
        case .truth(let value): text += value ? "true" : "false"
        }
    }

    /// RFC 8259, section 7.
    private static func write(_ value: String, to text: inout String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            case "\u{0}"..."\u{1F}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral {
    init(stringLiteral value: String) { self = .text(value) }
    init(integerLiteral value: Int) { self = .number(value) }
    init(arrayLiteral items: JSON...) { self = .array(items) }
}

extension JSON: ExpressibleByDictionaryLiteral {
    init(dictionaryLiteral members: (String, JSON)...) { self = .object(members) }
}
