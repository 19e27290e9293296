import FoundationEssentials
import Libvirt
import Testing

@Suite("Domains on libvirt's test driver, in this process")
struct DomainLifeTests {
    static let mark = XMLNamespace(prefix: "dialtone", uri: "urn:dialtone:1")

    static func definition(
        _ name: String, uuid: UUID = UUID(), metadata: [XMLElement] = []
    ) -> DomainDefinition {
        DomainDefinition(
            name: name, uuid: uuid, virtualization: .kvm, architecture: "x86_64", machine: "q35", memoryMiB: 512,
            vcpus: 2,
            disks: [
                .init(source: .volume(pool: "default-pool", name: "\(name).qcow2"), format: .qcow2),
                .init(source: .file("/var/lib/\(name).iso"), format: .raw, isReadOnly: true),
            ],
            interfaces: [.init(network: "default", mac: "52:54:00:12:34:56")], serialLog: "/var/log/\(name).console",
            metadata: metadata)
    }

    @Test("a domain is defined, started, destroyed and undefined, and each listing tells its state")
    func life() async throws {
        let connection = LibvirtConnection(uri: "test:///default")
        let definition = Self.definition("node-1")
        let key = DomainKey.uuid(definition.uuid)
        #expect(try await connection.driver().isTest)
        #expect(try await connection.define(definition) == definition.uuid)
        func state() async throws -> DomainState? {
            try await connection.listDomains().first { $0.name == "node-1" }?.state
        }
        #expect(try await state() == .shutOff)
        try await connection.start(key)
        #expect(try await state() == .running)
        #expect(try await connection.listDomains().first { $0.name == "node-1" }?.id != nil)
        try await connection.destroy(.name("node-1"))
        #expect(try await state() == .shutOff)
        try await connection.undefine(key)
        #expect(try await state() == nil)
        #expect(try await connection.domain(key) == nil)
        await connection.close()
    }

    @Test("what was defined is read back in all its parts")
    func readBack() async throws {
        let connection = LibvirtConnection(uri: "test:///default")
        let mark = XMLElement("node", namespace: Self.mark, attributes: [.init("role", "etcd")])
        let definition = Self.definition("node-2", metadata: [mark])
        try await connection.define(definition)
        let read = try #require(try await connection.domain(.name("node-2"))).description
        #expect(read.uuid == definition.uuid)
        #expect(read.virtualization == "test")
        #expect(read.architecture == "i686")
        #expect(read.memoryKiB == 512 * 1024)
        #expect(read.vcpus == 2)
        #expect(read.boot == .disk)
        #expect(read.disks.map(\.source) == definition.disks.map { $0.source })
        #expect(read.disks.map(\.format) == ["qcow2", "raw"])
        #expect(read.disks.map(\.isReadOnly) == [false, true])
        #expect(read.disks.map(\.target) == ["vda", "vdb"])
        #expect(
            read.interfaces == [.init(network: "default", kind: "network", mac: "52:54:00:12:34:56", model: "virtio")])
        #expect(read.serialLog == definition.serialLog)
        #expect(read.agent == .unknown)
        #expect(read.hasRandom)
        #expect(read.metadata == [mark])
        await connection.close()
    }
}
