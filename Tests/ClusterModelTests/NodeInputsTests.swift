import ClusterModel
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
}
