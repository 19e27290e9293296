import FoundationEssentials
import Libvirt
import TestSupport
import Testing

@Suite("Metadata through a real libvirtd")
struct MetadataTests {
    private func mark(_ text: String) -> XMLElement {
        XMLElement(
            "node", namespace: DomainLifeTests.mark, attributes: [.init("inputs", text)],
            children: [
                .element(
                    XMLElement("applied", namespace: DomainLifeTests.mark, children: text.isEmpty ? [] : [.text(text)]))
            ])
    }

    @Test("hostile text defined and written comes back as it was, stopped and running")
    func hostile() async throws {
        let daemon = try await RealLibvirtd.start()
        let connection = LibvirtConnection(uri: daemon.testURI)
        _ = try await connection.listDomains()
        for (index, text) in XMLElementTests.hostile.enumerated() {
            let definition = DomainLifeTests.definition("n-\(index)", metadata: [mark(text)])
            let key = DomainKey.uuid(definition.uuid)
            try await connection.define(definition)
            #expect(try await connection.domain(key)?.description.metadata == [mark(text)], "defined: \(text)")
            try await connection.start(key)
            try await connection.setMetadata(mark("\(text)2"), key: "dialtone", uri: DomainLifeTests.mark.uri, of: key)
            #expect(try await connection.domain(key)?.description.metadata == [mark("\(text)2")], "live: \(text)")
            try await connection.destroy(key)
            #expect(try await connection.domain(key)?.description.metadata == [mark("\(text)2")], "config: \(text)")
        }
        await connection.close()
    }

    @Test("an element is replaced and removed without touching those of other namespaces")
    func others() async throws {
        let connection = LibvirtConnection(uri: "test:///default")
        let other = XMLElement("other", namespace: XMLNamespace(prefix: "o", uri: "urn:other"), children: [.text("x")])
        let definition = DomainLifeTests.definition("n", metadata: [other, mark("1")])
        let key = DomainKey.uuid(definition.uuid)
        try await connection.define(definition)
        try await connection.setMetadata(mark("2"), key: "dialtone", uri: DomainLifeTests.mark.uri, of: key)
        #expect(Set(try #require(try await connection.domain(key)).description.metadata) == [other, mark("2")])
        try await connection.setMetadata(nil, key: "dialtone", uri: DomainLifeTests.mark.uri, of: key)
        #expect(try await connection.domain(key)?.description.metadata == [other])
        await connection.close()
    }

    @Test("text that XML cannot carry is refused before libvirt is asked")
    func refused() async throws {
        let connection = LibvirtConnection(uri: "test:///default")
        let error = await #expect(throws: LibvirtError.self) {
            try await connection.define(DomainLifeTests.definition("n", metadata: [mark("a\u{1B}")]))
        }
        #expect(error?.code == .xmlError && error?.function == "virDomainDefineXML")
        #expect(error?.message == "the value of 'inputs' holds U+1B, which XML cannot carry")
        let metadata = await #expect(throws: LibvirtError.self) {
            try await connection.setMetadata(mark("\u{0}"), key: "d", uri: "urn:d", of: .name("test"))
        }
        #expect(metadata?.code == .xmlError && metadata?.function == "virDomainSetMetadata")
        await connection.close()
    }
}
