extension Scalar {
    /// What a scalar is in YAML 1.2's core schema (section 10.3.2): only plain ones are other than text.
    enum Kind: Equatable {
        case text
        /// `nil`: more digits than a number of this machine has.
        case integer(Int?)
        case fraction
        case truth
        case nothing
    }

    var kind: Kind {
        guard isPlain else { return .text }
        guard let first = text.utf8.first else { return .nothing }
        if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) || "+-.".utf8.contains(first) { return numberKind }
        switch text {
        case "~", "null", "Null", "NULL": return .nothing
        case "true", "True", "TRUE", "false", "False", "FALSE": return .truth
        default: return .text
        }
    }

    private var numberKind: Kind {
        var rest = text.utf8[...]
        if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
        if rest.first == UInt8(ascii: "."), [".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"].contains(String(rest)) {
            return .fraction
        }
        let isDigit: (UInt8) -> Bool = { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let whole = rest.prefix(while: isDigit)
        rest = rest.dropFirst(whole.count)
        if rest.isEmpty { return whole.isEmpty ? .text : .integer(Int(text)) }
        var digits = whole.count
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            let part = rest.prefix(while: isDigit)
            digits += part.count
            rest = rest.dropFirst(part.count)
        }
        guard digits > 0 else { return .text }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest.removeFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
            return !rest.isEmpty && rest.allSatisfy(isDigit) ? .fraction : .text
        }
        return rest.isEmpty ? .fraction : .text
    }
}

extension Node {
    /// The value as a message names it.
    var described: String {
        switch value {
        case .list(let items): items.isEmpty ? "an empty list" : "a list"
        case .mapping: "a mapping"
        case .scalar(let scalar):
            switch scalar.kind {
            case .text: scalar.text.quoted
            case .integer, .fraction: "the number \(scalar.text.shortened)"
            case .truth: "the truth value \(scalar.text)"
            case .nothing: "empty"
            }
        }
    }

    /// The same for a value that nobody should read over a shoulder.
    var describedWithoutValue: String {
        guard case .scalar(let scalar) = value else { return described }
        switch scalar.kind {
        case .text: return "a text of \(scalar.text.unicodeScalars.count) characters"
        case .integer, .fraction: return "a number"
        case .truth, .nothing: return described
        }
    }
}

extension String {
    /// In quotes, on one line, and not longer than a message can bear.
    var quoted: String { "\"\(shortened)\"" }

    /// At most 60 scalars of it, control characters written as escapes.
    var shortened: String {
        if utf8.count <= 60, utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") }) { return self }
        var short = ""
        for scalar in unicodeScalars.prefix(60) {
            switch scalar {
            case "\n": short += "\\n"
            case "\t": short += "\\t"
            case "\r": short += "\\r"
            case "\"": short += "\\\""
            default:
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator:
                    short += "\\u{\(String(scalar.value, radix: 16))}"
                default: short.unicodeScalars.append(scalar)
                }
            }
        }
        return unicodeScalars.dropFirst(60).isEmpty ? short : short + "..."
    }
}
