/// A JSON value whose members keep their order: documents begin with their schema.
public indirect enum JSON: Sendable {
    case object([(String, JSON)])
    case array([JSON])
    case text(String)
    case number(Int)
    case truth(Bool)
    case null

    /// The value as text, two spaces an indent; the same for the same value, always.
    public var rendered: String {
        var text = ""
        write(to: &text, indent: "")
        return text
    }

    /// The value in one line, without white space.
    public var compact: String {
        var text = ""
        write(to: &text, indent: nil)
        return text
    }

    /// - Parameter indent: `nil`: all in one line.
    private func write(to text: inout String, indent: String?) {
        switch self {
        case .object(let members) where !members.isEmpty:
            JSON.write(members, to: &text, "{", "}", indent) { member, text, inner in
                JSON.write(member.0, to: &text)
                text += indent == nil ? ":" : ": "
                member.1.write(to: &text, indent: inner)
            }
        case .array(let items) where !items.isEmpty:
            JSON.write(items, to: &text, "[", "]", indent) { item, text, inner in item.write(to: &text, indent: inner) }
        case .object: text += "{}"
        case .array: text += "[]"
        case .text(let value): JSON.write(value, to: &text)
        case .number(let value): text += "\(value)"
        case .truth(let value): text += value ? "true" : "false"
        case .null: text += "null"
        }
    }

    private static func write<Item>(
        _ items: [Item], to text: inout String, _ opening: String, _ closing: String, _ indent: String?,
        _ write: (Item, inout String, String?) -> Void
    ) {
        let inner = indent.map { $0 + "  " }
        text += opening
        for (index, item) in items.enumerated() {
            if index > 0 { text += "," }
            if let inner { text += "\n" + inner }
            write(item, &text, inner)
        }
        if let indent { text += "\n" + indent }
        text += closing
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
    public init(stringLiteral value: String) { self = .text(value) }
    public init(integerLiteral value: Int) { self = .number(value) }
    public init(arrayLiteral items: JSON...) { self = .array(items) }
}

extension JSON: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral members: (String, JSON)...) { self = .object(members) }
}
