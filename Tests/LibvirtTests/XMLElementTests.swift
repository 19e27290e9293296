import Libvirt
import Testing

@Suite("XML elements")
struct XMLElementTests {
    static let mark = XMLNamespace(prefix: "d", uri: "urn:d:1")
    /// Everything that XML can carry and that careless code breaks.
    static let hostile = [
        "plain", "", "a<b>c</b>", "\"double\" and 'single'", "a & b &amp; c &#x41;", "]]>", "<![CDATA[x]]>",
        "<!-- c -->",
        "<?pi?>", "%s $HOME ${x} `id` \\n", "tab\tnewline\ncarriage\r\nreturn", "  blanks around  ", "ä 漢 🙂 \u{202E}",
        "\u{85}\u{2028}", "{\"json\":\"with \\\"quotes\\\"\"}",
    ]

    @Test("text and attribute values come back as they were given", arguments: hostile)
    func roundTrip(value: String) throws {
        let element = XMLElement(
            "node", namespace: Self.mark, attributes: [.init("a", value), .init("b", value, namespace: Self.mark)],
            children: value.isEmpty ? [] : [.text(value)])
        #expect(try XMLElement(parsing: element.rendered()) == element)
    }

    @Test(
        "characters that XML 1.0 cannot carry are refused, in text and in attributes",
        arguments: ["\u{0}", "a\u{1}b", "\u{8}", "\u{B}", "\u{1B}[0m", "\u{1F}", "\u{FFFE}", "\u{FFFF}"])
    func refused(value: String) {
        #expect(throws: XMLError.self) { try XMLElement("a", text: value).rendered() }
        #expect(throws: XMLError.self) { try XMLElement("a", ["b": value]).rendered() }
    }

    @Test("a refusal names the element and the character")
    func refusal() {
        let error = #expect(throws: XMLError.self) { try XMLElement("name", text: "a\u{1B}").rendered() }
        #expect(error?.description == "the value of 'name' holds U+1B, which XML cannot carry")
    }

    @Test("what is no XML name is refused", arguments: ["", "1a", "a b", "a:b", "a>", "-a"])
    func names(name: String) {
        #expect(throws: XMLError.self) { try XMLElement(name).rendered() }
        #expect(throws: XMLError.self) { try XMLElement("a", attributes: [.init(name, "v")]).rendered() }
    }

    @Test("the whole of a rendered element")
    func rendered() throws {
        let inner = XMLElement("inner", namespace: Self.mark, children: [.text("x < y")])
        let element = XMLElement(
            "outer", attributes: [.init("k", "a\"b")],
            children: [.element(inner), .text(" & "), .element(XMLElement("empty"))])
        #expect(
            try element.rendered()
                == #"<outer k="a&quot;b"><d:inner xmlns:d="urn:d:1">x &lt; y</d:inner> &amp; <empty/></outer>"#)
    }

    @Test("a prefix is declared once, and a default namespace is taken back where it does not hold")
    func namespaces() throws {
        let plain = XMLElement("plain")
        let element = XMLElement(
            "root", namespace: XMLNamespace(prefix: nil, uri: "urn:default"),
            children: [
                .element(XMLElement("same", namespace: XMLNamespace(prefix: nil, uri: "urn:default"))), .element(plain),
            ])
        #expect(try element.rendered() == #"<root xmlns="urn:default"><same/><plain xmlns=""/></root>"#)
        #expect(try XMLElement(parsing: element.rendered()) == element)
    }

    @Test(
        "what is no XML gives an error with its line",
        arguments: ["", "text", "<a>\n<b>\n</a>", "<a", "<a/><b/>", "<a>&nope;</a>"])
    func rubbish(text: String) throws {
        let error = #expect(throws: XMLError.self) { try XMLElement(parsing: text) }
        #expect(try #require(error).message.isEmpty == false)
        if text.contains("\n") { #expect(error?.line == 3) }
    }

    @Test("nothing is fetched or expanded: neither entities of a document's own, nor files")
    func entities() throws {
        let bomb = """
            <!DOCTYPE a [<!ENTITY x "1234567890"><!ENTITY y "&x;&x;&x;&x;"><!ENTITY f SYSTEM "file:///etc/passwd">]>
            <a b="1"><c/></a>
            """
        #expect(try XMLElement(parsing: bomb) == XMLElement("a", ["b": "1"], [XMLElement("c")]))
    }
}
