import FoundationEssentials
import Libvirt
import TestSupport
import Testing

@Suite("A connection to a real libvirtd")
struct DaemonTests {
    @Test("both root's and an ordinary user's daemon serve the test driver", arguments: [false, true])
    func driver(ordinaryUser: Bool) async throws {
        let daemon = try await RealLibvirtd.start(asOrdinaryUser: ordinaryUser)
        let connection = LibvirtConnection(uri: daemon.testURI)
        #expect(try await connection.driver().isTest)
        #expect(try await connection.listDomains().map(\.name) == ["test"])
        await connection.close()
    }

    @Test("1,000 domains are listed and described, each once, with their metadata")
    func thousand() async throws {
        let daemon = try await RealLibvirtd.start()
        let connection = LibvirtConnection(uri: daemon.testURI)
        let mark = XMLElement(
            "node", namespace: DomainLifeTests.mark, attributes: [.init("cluster", "c")], children: [.text("{}")])
        try await withThrowingTaskGroup { group in
            for index in 0..<1000 {
                group.addTask {
                    _ = try await connection.define(DomainLifeTests.definition("c-node-\(index)", metadata: [mark]))
                }
            }
            try await group.waitForAll()
        }
        let summaries = try await connection.listDomains()
        #expect(summaries.count == 1001)
        let domains = try await connection.domains { $0.name != "test" }
        #expect(Set(domains.map(\.summary.name)).count == 1000)
        #expect(domains.allSatisfy { $0.description.metadata == [mark] && $0.summary.name == $0.description.name })
        #expect(domains.map(\.summary) == summaries.filter { $0.name != "test" })
        await connection.close()
    }

    @Test("after libvirtd was killed and started again, the next call opens a new connection, and readers are told")
    func killed() async throws {
        let daemon = try await RealLibvirtd.start()
        let connection = LibvirtConnection(uri: daemon.testURI)
        let events = EventRecorder(await connection.events())
        _ = try await connection.listDomains()
        try await daemon.kill()
        try await eventually("the loss is told") { events.seen.contains { $0.isDisconnected } }
        let error = await #expect(throws: LibvirtError.self) { try await connection.listDomains() }
        #expect(error?.isConnectionLoss == true)
        #expect(error?.function == "virConnectOpen")
        try await daemon.restart()
        #expect(try await connection.listDomains().map(\.name) == ["test"])
        try await eventually("the new connection is told") { events.seen.contains(.reconnected) }
        try await connection.destroy(.name("test"))
        try await eventually("events come again") { events.seen.contains { $0.lifecycle == .stopped } }
        await connection.close()
    }

    @Test(
        "a frozen libvirtd is found by keepalive; calls under way end with it, and the next one does not wait for ever")
    func frozen() async throws {
        let daemon = try await RealLibvirtd.start()
        let connection = LibvirtConnection(
            uri: daemon.testURI, keepalive: KeepAlive(intervalSeconds: 1, count: 2), openTimeout: .seconds(1))
        let events = EventRecorder(await connection.events())
        _ = try await connection.listDomains()
        daemon.freeze()
        let error = await #expect(throws: LibvirtError.self) { try await connection.listDomains() }
        #expect(error?.isConnectionLoss == true)
        #expect(error?.code == .internalError && error?.domain == .rpc)
        #expect(error?.message == "internal error: connection closed due to keepalive timeout")
        try await eventually("the loss is told") { events.seen.contains { $0.isDisconnected } }
        let start = ContinuousClock.now
        let second = await #expect(throws: LibvirtError.self) { try await connection.listDomains() }
        #expect(second?.code == .operationTimeout && second?.isConnectionLoss == true)
        #expect(ContinuousClock.now - start < .seconds(5))
        daemon.thaw()
        try await eventually("the attempt that hung is taken up") {
            try await connection.listDomains().map(\.name) == ["test"]
        }
        try await eventually("the new connection is told") { events.seen.contains(.reconnected) }
        await connection.close()
    }

    @Test("what a definition becomes is valid by libvirt's own schema, in virsh's eyes")
    func schema() async throws {
        let daemon = try await RealLibvirtd.start()
        let connection = LibvirtConnection(uri: daemon.testURI)
        let mark = XMLElement("node", namespace: DomainLifeTests.mark, attributes: [.init("cluster", "c")])
        let definition = DomainLifeTests.definition("v", metadata: [mark])
        let directory = try TemporaryDirectory()
        let driver = try await connection.driver()
        let path = try directory.write(definition.element(for: driver).rendered(), to: "v.xml")
        let virsh = try await ChildProcess.run(["virsh", "-c", daemon.testURI, "define", "--validate", path])
        #expect(virsh.status == 0, "\(virsh.output)")
        #expect(try await connection.domain(.name("v"))?.description.metadata == [mark])
        await connection.close()
    }

    @Test("a closed connection refuses calls and ends its streams")
    func closed() async throws {
        let connection = LibvirtConnection(uri: "test:///default")
        let events = await connection.events()
        await connection.close()
        for await _ in events {}
        let error = await #expect(throws: LibvirtError.self) { try await connection.listDomains() }
        #expect(error?.code == .invalidConnection)
        for await _ in await connection.events() {}
    }
}
