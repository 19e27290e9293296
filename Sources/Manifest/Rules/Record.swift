import OrderedJSON

/// One word of the manifest: all there is to know about it stands in the line that makes it.
struct Word<Draft: Sendable>: Sendable {
    let name: String
    let isRequired: Bool
    let allowed: String
    /// The keywords of its rule, and then those that tell people about it.
    let schema: [(String, JSON)]
    let read: @Sendable (Node.Entry, inout Draft, inout Findings) -> Void

    /// `fallback` tells in the schema what holds where the word is left out.
    init<Value>(
        _ name: String, _ rule: Rule<Value>, into field: any (WritableKeyPath<Draft, Written<Value>?> & Sendable),
        required: Bool = false, default fallback: JSON? = nil, examples: [JSON] = [], _ help: String
    ) {
        self.name = name
        isRequired = required
        allowed = rule.allowed
        var schema: [(String, JSON)] = [("description", .text(help))] + rule.schema
        if let fallback { schema.append(("default", fallback)) }
        if !examples.isEmpty { schema.append(("examples", .array(examples))) }
        self.schema = schema
        read = { entry, draft, findings in
            guard let value = rule.read(entry.value, &findings) else { return }
            draft[keyPath: field] = Written(value: value, key: entry.keyPlace, place: entry.value.place)
        }
    }
}

/// A mapping whose keys are words.
struct Record<Draft: Sendable>: Sendable {
    let words: [Word<Draft>]
    /// Words of later versions.
    let later: [String]
    /// A draft in which nothing is written.
    let blank: Draft

    init(_ blank: Draft, later: [String] = [], _ words: [Word<Draft>]) {
        self.words = words
        self.later = later
        self.blank = blank
    }

    var rule: Rule<Draft> {
        let names = words.map(\.name).joined(separator: ", ")
        let allowed = words.count == 1 ? "a mapping with the key \(names)" : "a mapping with the keys \(names)"
        return Rule(allowed: allowed, schema: schema) { node, findings in
            guard case .mapping(let entries) = node.value else {
                findings.refuse(node, allowed: allowed)
                return nil
            }
            var draft = blank
            let path = findings.path
            findings.locate(node.place)
            for entry in entries {
                guard let word = words.first(where: { $0.name == entry.key }) else {
                    report(unknown: entry, in: path, &findings)
                    continue
                }
                findings.enter(key: entry.key, at: entry.keyPlace)
                word.read(entry, &draft, &findings)
                findings.leave()
            }
            let owner = findings.owner ?? node.place
            for word in words where word.isRequired {
                findings.enter(name: word.name, at: owner)
                if findings.places[findings.path] == nil {
                    findings.report("\(findings.path) is missing; allowed is \(word.allowed)", at: owner)
                }
                findings.leave()
            }
            return draft
        }
    }

    private func report(unknown entry: Node.Entry, in path: String, _ findings: inout Findings) {
        let wrong: String
        if later.contains(entry.key) {
            wrong = "has the key '\(entry.key)', which is not in this version"
        } else if let nearest = words.map(\.name).nearest(to: entry.key) {
            wrong = "has no key '\(entry.key.shortened)' (did you mean '\(nearest)'?)"
            findings.presume(nearest, at: entry.keyPlace)
        } else {
            wrong = "has no key '\(entry.key.shortened)'"
        }
        let names = words.map(\.name).joined(separator: ", ")
        findings.report(
            "\(path) \(wrong); allowed \(words.count == 1 ? "is" : "are") \(names)", at: entry.keyPlace)
    }

    private var schema: [(String, JSON)] {
        var schema: [(String, JSON)] = [
            ("type", "object"),
            ("properties", .object(words.map { ($0.name, .object($0.schema)) })),
        ]
        let required = words.filter(\.isRequired).map { JSON.text($0.name) }
        if !required.isEmpty { schema.append(("required", .array(required))) }
        return schema + [("additionalProperties", .truth(false))]
    }
}
