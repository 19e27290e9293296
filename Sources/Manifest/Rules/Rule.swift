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
        let allowed =
            range.upperBound == Int.max
            ? "a whole number from \(range.lowerBound)"
            : "a whole number from \(range.lowerBound) to \(range.upperBound)"
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
    /// Texts of a form; `check` may say more about one that is wrong: a clause for the sentence `PATH is "text"...`.
    static func text(
        _ pattern: Pattern, maximum: Int = 4096, _ allowed: String,
        check: @escaping @Sendable (String) -> String? = { _ in nil }
    ) -> Rule {
        Rule(
            allowed: allowed,
            schema: [
                ("type", "string"), ("maxLength", .number(maximum)), ("pattern", .text(pattern.regularExpression)),
            ]
        ) { node, findings in
            guard let text = node.text(allowed: allowed, hintIf: pattern, &findings) else { return nil }
            if text.utf8.count > maximum, text.unicodeScalars.count > maximum {
                findings.refuse(node, ", which is longer than \(maximum) characters", allowed: allowed)
            } else if let clause = check(text) {
                findings.refuse(node, clause, allowed: allowed)
            } else if !pattern.matches(text) {
                findings.refuse(node, allowed: allowed)
            } else {
                return text
            }
            return nil
        }
    }

    /// One of a few words; `later` are those that a later version will take.
    static func choice(_ words: [String], later: [String] = []) -> Rule {
        let allowed = words.joined(separator: " or ")
        return Rule(allowed: allowed, schema: [("enum", .array(words.map(JSON.text)))]) { node, findings in
            guard case .scalar(let scalar) = node.value else {
                findings.refuse(node, allowed: allowed)
                return nil
            }
            if words.contains(scalar.text) { return scalar.text }
            if later.contains(scalar.text) {
                findings.refuse(node, ", which is not in this version", allowed: allowed)
            } else {
                let nearest = words.nearest(to: scalar.text).map { ", did you mean \($0)?" } ?? ""
                findings.refuse(node, nearest, allowed: allowed)
            }
            return nil
        }
    }
}

extension Rule {
    /// The same form, read into another type. `convert` gives `nil` only for what it has reported.
    func map<Other>(
        _ convert: @escaping @Sendable (Value, Node, inout Findings) -> Other?
    ) -> Rule<Other> {
        Rule<Other>(allowed: allowed, schema: schema) { node, findings in
            read(node, &findings).flatMap { convert($0, node, &findings) }
        }
    }

    /// A list; of none where `atLeast` is 0.
    func list(atLeast minimum: Int = 0) -> Rule<[Written<Value>]> {
        let allowed = "a list of \(self.allowed)"
        var schema: [(String, JSON)] = [("type", "array"), ("items", .object(self.schema))]
        if minimum > 0 { schema.append(("minItems", .number(minimum))) }
        return Rule<[Written<Value>]>(allowed: allowed, schema: schema) { node, findings in
            guard case .list(let items) = node.value else {
                findings.refuse(node, allowed: allowed)
                return nil
            }
            guard items.count >= minimum else {
                findings.refuse(node, " without items", allowed: allowed)
                return nil
            }
            return readAll(items, &findings)
        }
    }

    /// One value, or a list of at least one.
    var oneOrMore: Rule<[Written<Value>]> {
        let list = list(atLeast: 1)
        return Rule<[Written<Value>]>(
            allowed: "\(allowed), or a list of such",
            schema: [("anyOf", .array([.object(schema), .object(list.schema)]))]
        ) { node, findings in
            if case .list = node.value { return list.read(node, &findings) }
            return read(node, &findings).map {
                [Written(value: $0, key: node.place, place: node.place)]
            }
        }
    }

    private func readAll(_ items: [Node], _ findings: inout Findings) -> [Written<Value>]? {
        var values: [Written<Value>] = []
        values.reserveCapacity(items.count)
        for (index, item) in items.enumerated() {
            findings.enter(item: index, at: item.place)
            if let value = read(item, &findings) {
                values.append(Written(value: value, key: item.place, place: item.place))
            }
            findings.leave()
        }
        return values.count == items.count ? values : nil
    }

    /// A mapping of names of the user's to values of one form.
    static func names<Element>(
        _ names: Rule<String>, to values: Rule<Element>, _ allowed: String
    ) -> Rule where Value == [String: Element] {
        Rule(
            allowed: allowed,
            schema: [
                ("type", "object"), ("propertyNames", .object(names.schema)),
                ("additionalProperties", .object(values.schema)),
            ]
        ) { node, findings in
            guard case .mapping(let entries) = node.value else {
                findings.refuse(node, allowed: allowed)
                return nil
            }
            var found: [String: Element] = [:]
            for entry in entries {
                let key = Node(place: entry.keyPlace, value: .scalar(Scalar(text: entry.key, isPlain: false)))
                let name = names.read(key, &findings)
                findings.enter(key: entry.key, at: entry.keyPlace)
                let value = values.read(entry.value, &findings)
                findings.leave()
                if let name, let value { found[name] = value }
            }
            return found.count == entries.count ? found : nil
        }
    }

    /// A mapping read by one rule, anything else by another.
    static func either(mapping: Rule, other: Rule, _ allowed: String) -> Rule {
        Rule(
            allowed: allowed,
            schema: [("anyOf", .array([.object(other.schema), .object(mapping.schema)]))]
        ) { node, findings in
            if case .mapping = node.value { return mapping.read(node, &findings) }
            if case .scalar(let scalar) = node.value, scalar.kind == .text { return other.read(node, &findings) }
            findings.refuse(node, allowed: allowed)
            return nil
        }
    }
}

extension Node {
    /// The text of a scalar that is text; else a problem, with how to make text of it where that would help.
    func text(allowed: String, hintIf pattern: Pattern, _ findings: inout Findings) -> String? {
        guard case .scalar(let scalar) = value else {
            findings.refuse(self, allowed: allowed)
            return nil
        }
        let kind = scalar.kind
        if kind == .text { return scalar.text }
        let helps = kind != .nothing && pattern.matches(scalar.text)
        findings.refuse(self, allowed: helps ? "\(allowed): write \"\(scalar.text)\" in quotes" : allowed)
        return nil
    }
}
