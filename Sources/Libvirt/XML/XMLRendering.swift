import CXML

extension XMLElement {
    /// The element as XML text, written and escaped by libxml2.
    ///
    /// - Throws: ``XMLError`` for a name that is none, and for text with characters that XML 1.0 cannot carry in any form (section 2.2, `Char`).
    public func rendered() throws(XMLError) -> String {
        guard let buffer = xmlBufferCreate() else { throw .outOfMemory }
        defer { xmlBufferFree(buffer) }
        guard let pointer = xmlNewTextWriterMemory(buffer, 0) else { throw .outOfMemory }
        do {
            defer { xmlFreeTextWriter(pointer) }
            try Writer(pointer: pointer).write(self, scope: [:])
        }
        return String(cString: xmlBufferContent(buffer))
    }
}

extension XMLError {
    static let outOfMemory = XMLError(message: "libxml2 could not take memory", line: nil)
}

/// Writes elements through one `xmlTextWriter`.
private struct Writer {
    let pointer: xmlTextWriterPtr

    /// - Parameter scope: the prefixes declared around the element; the empty one is the default namespace.
    func write(_ element: XMLElement, scope: [String: String]) throws(XMLError) {
        var scope = scope
        var declared: [(prefix: String, uri: String)] = []
        func declare(_ prefix: String, _ uri: String) {
            guard scope[prefix, default: ""] != uri else { return }
            scope[prefix] = uri
            declared.append((prefix, uri))
        }
        declare(element.namespace?.prefix ?? "", element.namespace?.uri ?? "")
        for attribute in element.attributes {
            // An attribute without a prefix is in no namespace, whatever the default one is (Namespaces in XML, section 6.2).
            if let namespace = attribute.namespace, let prefix = namespace.prefix { declare(prefix, namespace.uri) }
        }
        try check(xmlTextWriterStartElement(pointer, try qualified(element.name, element.namespace)))
        for (prefix, uri) in declared {
            let name = prefix.isEmpty ? "xmlns" : "xmlns:\(prefix)"
            try check(xmlTextWriterWriteAttribute(pointer, name, try carried(uri, by: name)))
        }
        for attribute in element.attributes {
            let name = try qualified(attribute.name, attribute.namespace)
            try check(xmlTextWriterWriteAttribute(pointer, name, try carried(attribute.value, by: name)))
        }
        for child in element.children {
            switch child {
            case .element(let element): try write(element, scope: scope)
            case .text(let text): try check(xmlTextWriterWriteString(pointer, try carried(text, by: element.name)))
            }
        }
        try check(xmlTextWriterEndElement(pointer))
    }

    private func check(_ status: Int32) throws(XMLError) {
        guard status >= 0 else { throw .outOfMemory }
    }

    private func qualified(_ name: String, _ namespace: XMLNamespace?) throws(XMLError) -> String {
        for part in [namespace?.prefix, name].compactMap({ $0 }) where xmlValidateNCName(part, 0) != 0 {
            throw XMLError(message: "'\(part)' is no XML name", line: nil)
        }
        guard let prefix = namespace?.prefix else { return name }
        return "\(prefix):\(name)"
    }

    private func carried(_ text: String, by name: String) throws(XMLError) -> String {
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x9, 0xA, 0xD, 0x20...0xFFFD, 0x10000...: continue
            default:
                let number = String(scalar.value, radix: 16, uppercase: true)
                throw XMLError(message: "the value of '\(name)' holds U+\(number), which XML cannot carry", line: nil)
            }
        }
        return text
    }
}
