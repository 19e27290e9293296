import OrderedJSON

/// What may stand as one value: how it is read, what messages say is allowed, and its part of the JSON Schema.
struct Rule<Value: Sendable>: Sendable {
    /// Ends the sentence 'allowed is ...'.
    let allowed: String
    /// Keywords of JSON Schema.
    let schema: [(String, JSON)]
    /// The value; `nil` after a problem was reported.
    let read: @Sendable (Node, inout Findings) -> Value?
}

extension Rule where Value == Int {
    /// A whole number, written without quotes.
    static func number(_ range: ClosedRange<Int>) -> Rule {
        let allowed = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        return Rule(
            allowed: allowed,
            schema: [
                ("type", "integer"), ("minimum", .number(range.lowerBound)), ("maximum", .number(range.upperBound)),
            ]
        ) { node, findings in
            guard case .scalar(let scalar) = node.value else {
                findings.refuse(node, allowed: allowed)
                return nil
            }
            switch scalar.kind {
            case .integer(let number):
                // YAML 1.1 reads 010 as eight, YAML 1.2 as ten: nobody should have to know.
                let digits = scalar.text.drop { $0 == "+" || $0 == "-" }
                if digits.count > 1, digits.first == "0" {
                    findings.refuse(node, ", which begins with 0", allowed: allowed)
                } else if let number, range.contains(number) {
                    return number
                } else {
                    findings.refuse(node, allowed: allowed)
                }
            case .text where Scalar(text: scalar.text, isPlain: true).kind == .integer(Int(scalar.text)):
                findings.refuse(node, ", which is text", allowed: allowed + ", without quotes")
            default:
                findings.refuse(node, allowed: allowed)
            }
            return nil
        }
    }
}

extension Rule where Value == String {
    /// Texts of a form. Two closures may say more, each with a clause for the sentence `PATH is "text"...`: `check` what
    /// is wrong with a text that has the form, `explain` why one has not.
    static func text(
        _ pattern: Pattern, maximum: Int = 4096, _ allowed: String, isSecret: Bool = false,
        check: @escaping @Sendable (String) -> String? = { _ in nil },
        explain: @escaping @Sendable (String) -> String = { _ in "" }
    ) -> Rule {
        Rule(
            allowed: allowed,
            schema: [
                ("type", "string"), ("maxLength", .number(maximum)), ("pattern", .text(pattern.regularExpression)),
            ]
        ) { node, findings in
            let clause: String
            switch node.value {
            case .scalar(let scalar) where scalar.kind == .text:
                let text = scalar.text
                if text.utf8.count > maximum, text.unicodeScalars.count > maximum {
                    clause = ", which is longer than \(maximum) characters"
                } else if !pattern.matches(text) {
                    clause = explain(text)
                } else if let wrong = check(text) {
                    clause = wrong
                } else {
                    return text
                }
            case .scalar(let scalar) where scalar.kind != .nothing && pattern.matches(scalar.text):
                clause = ", which needs quotes to be text"
            default:
                clause = ""
            }
            findings.refuse(node, clause, allowed: allowed, isSecret: isSecret)
            return nil
        }
    }

    /// One of a few words; `later` are those that a later version will take.
    static func choice(_ words: [String], later: [String] = [], _ allowed: String? = nil) -> Rule {
        let allowed = allowed ?? words.joined(separator: " or ")
        return Rule(allowed: allowed, schema: [("enum", .array(words.map(JSON.text)))]) { node, findings in
            guard case .scalar(let scalar) = node.value else {
                findings.refuse(node, allowed: allowed)
                return nil
            }
            if words.contains(scalar.text) { return scalar.text }
            if later.contains(scalar.text) {
                findings.refuse(node, ", which is not in this version", allowed: allowed)
            } else {
                let nearest = words.nearest(to: scalar.text).map { " (did you mean \($0)?)" } ?? ""
                findings.refuse(node, nearest, allowed: allowed)
            }
            return nil
        }
    }
}
