import OrderedJSON

extension Rule {
    /// The same form, read into another type. `convert` gives `nil` only for what it has reported.
    func map<Other>(
        _ convert: @escaping @Sendable (Value, Node, inout Findings) -> Other?
    ) -> Rule<Other> {
        Rule<Other>(allowed: allowed, schema: schema) { node, findings in
            read(node, &findings).flatMap { convert($0, node, &findings) }
        }
    }

    /// A list of at least so many items.
    func list(atLeast minimum: Int = 0) -> Rule<[Written<Value>]> {
        let allowed = "a list\(minimum > 0 ? ", not an empty one" : ""), each item \(self.allowed)"
        var schema: [(String, JSON)] = [("type", "array"), ("items", .object(self.schema))]
        if minimum > 0 { schema.append(("minItems", .number(minimum))) }
        return Rule<[Written<Value>]>(allowed: allowed, schema: schema) { node, findings in
            guard case .list(let items) = node.value, items.count >= minimum else {
                findings.refuse(node, allowed: allowed)
                return nil
            }
            return readAll(items, &findings)
        }
    }

    /// One value, or a list of at least one.
    var oneOrMore: Rule<[Written<Value>]> {
        let list = list(atLeast: 1)
        let allowed = "\(allowed), or a list of such"
        return Rule<[Written<Value>]>(
            allowed: allowed,
            schema: [("anyOf", .array([.object(schema), .object(list.schema)]))]
        ) { node, findings in
            switch node.value {
            case .list(let items) where !items.isEmpty: return list.read(node, &findings)
            case .scalar(let scalar) where scalar.kind != .nothing:
                return read(node, &findings).map { [Written(value: $0, key: node.place, place: node.place)] }
            default:
                findings.refuse(node, allowed: allowed)
                return nil
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
            found.reserveCapacity(entries.count)
            for entry in entries {
                let key = Node(place: entry.keyPlace, value: .scalar(Scalar(text: entry.key, isPlain: false)))
                findings.enter(nameAt: entry.keyPlace)
                let name = names.read(key, &findings)
                findings.leave()
                findings.enter(name: entry.key, at: entry.keyPlace)
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
