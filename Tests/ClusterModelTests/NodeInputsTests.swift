import ClusterModel
import FoundationEssentials
import Testing

@Suite struct NodeInputsTests {
    private func inputs(memory: Int, defaulted: FieldNames) -> NodeInputs {
        NodeInputs(
            pool: "default", network: "default", image: "node.qcow2", format: .qcow2, boot: .disk, memoryMiB: memory,
            vcpus: 2, diskGiB: 20, address: IPv4(number: 0x0a00_000b), prefix: 24, gateway: nil, dns: [],
            sshAuthorizedKeys: [], userData: nil, etcd: [], defaulted: defaulted)
    }

    @Test("a field that both sides left to defaults does not differ, whatever the default is now")
    func defaults() {
        let before = inputs(memory: 2048, defaulted: ["memory"])
        #expect(inputs(memory: 4096, defaulted: ["memory"]).changes(from: before).isEmpty)
        #expect(inputs(memory: 2048, defaulted: []).changes(from: before).isEmpty)
        #expect(
            inputs(memory: 4096, defaulted: []).changes(from: before)
                == [Change(field: "memory", from: "2048 MiB", to: "4096 MiB", by: .manifest)])
    }

    @Test(
        "etcd's URLs are a set: their order, and one that is written twice, say nothing, in what an earlier version wrote too"
    )
    func endpoints() throws {
        var (a, b) = (inputs(memory: 1, defaulted: []), inputs(memory: 1, defaulted: []))
        a.etcd = ["http://b:1", "http://a:1"]
        b.etcd = ["http://a:1", "http://b:1", "http://a:1"]
        #expect(a == b)
        #expect(b.changes(from: a).isEmpty)
        #expect(a.etcd == ["http://a:1", "http://b:1"])
        let text = String(decoding: try JSONEncoder().encode(a), as: UTF8.self)
        let turned = text.replacing("http:\\/\\/a:1\",\"http:\\/\\/b:1", with: "http:\\/\\/b:1\",\"http:\\/\\/a:1")
        #expect(turned != text)
        #expect(try JSONDecoder().decode(NodeInputs.self, from: Data(turned.utf8)) == a)
        b.etcd = ["http://a:1"]
        #expect(
            b.changes(from: a) == [
                Change(field: "etcd", from: "http://a:1, http://b:1", to: "http://a:1", by: .manifest)
            ])
    }
}
