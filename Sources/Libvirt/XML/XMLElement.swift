/// A namespace with the prefix that stands for it; no prefix makes it the default one.
public struct XMLNamespace: Sendable, Hashable {
    public var prefix: String?
    public var uri: String

    public init(prefix: String?, uri: String) {
        self.prefix = prefix
        self.uri = uri
    }
}

/// An XML element as a value: built in code, rendered and read by libxml2.
public struct XMLElement: Sendable, Hashable {
    public struct Attribute: Sendable, Hashable {
        public var name: String
        public var value: String
        public var namespace: XMLNamespace?

        public init(_ name: String, _ value: String, namespace: XMLNamespace? = nil) {
            self.name = name
            self.value = value
            self.namespace = namespace
        }
    }

    public enum Node: Sendable, Hashable {
        case element(XMLElement)
        case text(String)
    }

    /// The local name, without a prefix.
    public var name: String
    public var namespace: XMLNamespace?
    /// In the order of writing.
    public var attributes: [Attribute]
    public var children: [Node]

    public init(
        _ name: String, namespace: XMLNamespace? = nil, attributes: [Attribute] = [], children: [Node] = []
    ) {
        self.name = name
        self.namespace = namespace
        self.attributes = attributes
        self.children = children
    }

    /// An element with attributes and elements in it; the pairs keep their order.
    public init(_ name: String, _ attributes: KeyValuePairs<String, String>, _ elements: [XMLElement] = []) {
        self.init(
            name, attributes: attributes.map { Attribute($0.key, $0.value) }, children: elements.map { .element($0) })
    }

    /// An element with text in it.
    public init(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], text: String) {
        self.init(name, attributes: attributes.map { Attribute($0.key, $0.value) }, children: [.text(text)])
    }

    /// The elements right below this one.
    public var elements: [XMLElement] {
        children.compactMap { if case .element(let element) = $0 { element } else { nil } }
    }

    /// All text below this element, in order.
    public var text: String {
        children.map { node in
            switch node {
            case .text(let text): text
            case .element(let element): element.text
            }
        }.joined()
    }

    /// The value of the attribute of that local name.
    public func attribute(_ name: String) -> String? {
        attributes.first { $0.name == name }?.value
    }

    /// The first element of that local name right below this one.
    public func first(_ name: String) -> XMLElement? {
        elements.first { $0.name == name }
    }

    mutating func append(_ element: XMLElement) {
        children.append(.element(element))
    }

    /// The same tree, with nothing left in namespace `uri`.
    func withoutNamespace(_ uri: String) -> XMLElement {
        var copy = self
        if copy.namespace?.uri == uri { copy.namespace = nil }
        copy.children = children.map { node in
            if case .element(let element) = node { .element(element.withoutNamespace(uri)) } else { node }
        }
        return copy
    }
}

/// What made a text no XML, or a value one that XML cannot carry.
public struct XMLError: Error, Sendable, Hashable, CustomStringConvertible {
    public let message: String
    /// The line in the text that was read, from 1.
    public let line: Int?

    public var description: String {
        line.map { "line \($0): \(message)" } ?? message
    }
}
