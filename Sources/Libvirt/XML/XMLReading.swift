import CXML
import Glibc

extension XMLElement {
    /// Reads one document; nothing is fetched from outside; comments, and blanks that only indent elements, are left out.
    public init(parsing text: String) throws(XMLError) {
        self = try XMLCursor.withRoot(of: text) { (root) throws(XMLError) in XMLElement(root) }
    }

    /// The element under the cursor with all that is below it.
    init(_ cursor: XMLCursor) {
        self.init(
            cursor.name, namespace: cursor.namespace, attributes: cursor.attributes, children: cursor.nodes)
    }
}

/// libxml2's parser, which is cheaper to use again than to make again; for one thread at a time.
final class XMLParser {
    private let context: xmlParserCtxtPtr

    init() throws(XMLError) {
        guard let context = xmlNewParserCtxt() else { throw .outOfMemory }
        self.context = context
    }

    deinit {
        xmlFreeParserCtxt(context)
    }

    /// The document, which the caller frees, or `nil` for what is none. Blanks between elements are dropped, as libvirt itself does.
    fileprivate func document(_ text: UnsafePointer<CChar>?, count: Int) -> xmlDocPtr? {
        guard count <= Int32.max else { return nil }
        let options = [
            XML_PARSE_NONET, XML_PARSE_NOERROR, XML_PARSE_NOWARNING, XML_PARSE_NOCDATA, XML_PARSE_NOBLANKS,
            XML_PARSE_COMPACT,
        ].reduce(0) { $0 | $1.rawValue }
        return xmlCtxtReadMemory(context, text, Int32(count), nil, nil, Int32(options))
    }

    /// Why the last text was no document.
    fileprivate var failure: XMLError {
        let error = xmlCtxtGetLastError(context)?.pointee
        var message = error?.message.map { String(cString: $0) } ?? "no XML"
        while message.last?.isNewline == true { message.removeLast() }
        return XMLError(message: message, line: error.map { Int($0.line) })
    }
}

/// An element of a document that libxml2 holds; valid only inside the closure that it was given to.
struct XMLCursor {
    private let node: xmlNodePtr

    /// Parses `text` and gives its root to `body`.
    static func withRoot<T>(
        of text: String, _ body: (XMLCursor) throws(XMLError) -> T
    ) throws(XMLError) -> T {
        var text = text
        let parser = try XMLParser()
        let document = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { parser.document($0.baseAddress, count: $0.count) }
        }
        return try withRoot(of: document, parser, body)
    }

    /// Parses a C string and gives its root to `body`.
    static func withRoot<T>(
        of text: UnsafePointer<CChar>, parser: XMLParser? = nil, _ body: (XMLCursor) throws(XMLError) -> T
    ) throws(XMLError) -> T {
        let parser = if let parser { parser } else { try XMLParser() }
        return try withRoot(of: parser.document(text, count: strlen(text)), parser, body)
    }

    private static func withRoot<T>(
        of document: xmlDocPtr?, _ parser: XMLParser, _ body: (XMLCursor) throws(XMLError) -> T
    ) throws(XMLError) -> T {
        guard let document else { throw parser.failure }
        defer { xmlFreeDoc(document) }
        guard let root = xmlDocGetRootElement(document) else { throw XMLError(message: "no element", line: nil) }
        return try body(XMLCursor(node: root))
    }

    var name: String { String(cString: node.pointee.name) }

    var namespace: XMLNamespace? { Self.namespace(node.pointee.ns) }

    /// All text below the element.
    var text: String {
        guard let content = xmlNodeGetContent(node) else { return "" }
        defer { cxml_free(content) }
        return String(cString: content)
    }

    /// The value of an attribute without a namespace.
    func attribute(_ name: StaticString) -> String? {
        guard let value = xmlGetNoNsProp(node, name.utf8Start) else { return nil }
        defer { cxml_free(value) }
        return String(cString: value)
    }

    /// The elements right below this one.
    var elements: some Sequence<XMLCursor> {
        sequence(state: node.pointee.children) { next in
            while let node = next {
                next = node.pointee.next
                if node.pointee.type == XML_ELEMENT_NODE { return XMLCursor(node: node) }
            }
            return nil
        }
    }

    /// Whether the local name is this one.
    func isNamed(_ name: StaticString) -> Bool {
        xmlStrEqual(node.pointee.name, name.utf8Start) != 0
    }

    /// The first element of that local name right below this one.
    func first(_ name: StaticString) -> XMLCursor? {
        elements.first { $0.isNamed(name) }
    }

    fileprivate var attributes: [XMLElement.Attribute] {
        var attributes: [XMLElement.Attribute] = []
        var next = node.pointee.properties
        while let attribute = next {
            next = attribute.pointee.next
            let content = xmlNodeListGetString(node.pointee.doc, attribute.pointee.children, 1)
            defer { content.map { cxml_free($0) } }
            attributes.append(
                XMLElement.Attribute(
                    String(cString: attribute.pointee.name), content.map { String(cString: $0) } ?? "",
                    namespace: Self.namespace(attribute.pointee.ns)))
        }
        return attributes
    }

    fileprivate var nodes: [XMLElement.Node] {
        var nodes: [XMLElement.Node] = []
        var next = node.pointee.children
        while let child = next {
            next = child.pointee.next
            switch child.pointee.type {
            case XML_ELEMENT_NODE:
                nodes.append(.element(XMLElement(XMLCursor(node: child))))
            case XML_TEXT_NODE, XML_CDATA_SECTION_NODE:
                if let content = child.pointee.content { nodes.append(.text(String(cString: content))) }
            case XML_ENTITY_REF_NODE:
                nodes.append(.text(XMLCursor(node: child).text))
            default: continue
            }
        }
        return nodes
    }

    private static func namespace(_ pointer: xmlNsPtr?) -> XMLNamespace? {
        guard let namespace = pointer?.pointee, let uri = namespace.href else { return nil }
        return XMLNamespace(prefix: namespace.prefix.map { String(cString: $0) }, uri: String(cString: uri))
    }
}
