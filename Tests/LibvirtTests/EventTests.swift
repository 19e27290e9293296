import FoundationEssentials
import Libvirt
import TestSupport
import Testing

@Suite("Events through a real libvirtd")
struct EventTests {
    @Test("the test driver's events come as they were recorded, in their order")
    func recorded() async throws {
        let daemon = try await RealLibvirtd.start()
        let connection = LibvirtConnection(uri: daemon.testURI)
        let events = EventRecorder(await connection.events())
        let definition = DomainLifeTests.definition("tt")
        let key = DomainKey.uuid(definition.uuid)
        let mark = XMLElement("n", namespace: XMLNamespace(prefix: "x", uri: "urn:x"))
        try await connection.define(definition)
        try await connection.setMetadata(mark, key: "x", uri: "urn:x", of: key)
        try await connection.start(key)
        try await connection.shutdown(key)
        try await connection.start(key)
        try await connection.destroy(key)
        try await connection.undefine(key)
        func life(_ kind: DomainLifecycle.Kind, _ detail: Int32) -> LibvirtEvent {
            .domain(name: "tt", uuid: definition.uuid, DomainLifecycle(kind: kind, detail: detail))
        }
        let expected: [LibvirtEvent] = [
            life(.defined, 0), .metadata(name: "tt", uuid: definition.uuid, uri: "urn:x"), life(.started, 0),
            life(.stopped, 0), life(.started, 0), life(.stopped, 1), life(.undefined, 0),
        ]
        try await eventually("all events come") { events.seen.count >= expected.count }
        #expect(events.seen == expected)
        await connection.close()
    }

    @Test("several readers each get every event; a reader that does not read keeps the newest")
    func readers() async throws {
        let daemon = try await RealLibvirtd.start()
        let connection = LibvirtConnection(uri: daemon.testURI)
        let idle = await connection.events()
        let first = EventRecorder(await connection.events())
        let second = EventRecorder(await connection.events())
        let key = DomainKey.name("test")
        for _ in 0..<200 {
            try await connection.destroy(key)
            try await connection.start(key)
        }
        try await eventually("both have all") { first.seen.count == 400 && second.seen.count == 400 }
        #expect(first.seen == second.seen)
        await connection.close()
        var kept: [LibvirtEvent] = []
        for await event in idle { kept.append(event) }
        #expect(kept == Array(first.seen.suffix(256)))
    }

    @Test("without a daemon the stream begins with the loss, and tells the connection once a call has opened it")
    func absent() async throws {
        let daemon = try await RealLibvirtd.start()
        try await daemon.kill()
        let connection = LibvirtConnection(uri: daemon.testURI)
        let events = EventRecorder(await connection.events())
        try await eventually("the loss is told") { events.seen.contains { $0.isDisconnected } }
        try await daemon.restart()
        try await connection.destroy(.name("test"))
        try await eventually("the connection and its events come") {
            events.seen.contains(.reconnected) && events.seen.contains { $0.lifecycle == .stopped }
        }
        await connection.close()
    }

    @Test("the life of networks and pools, and that a pool was read again, are told", .enabled(if: QEMU.isAvailable))
    func objects() async throws {
        let daemon = try await RealLibvirtd.start()
        let directory = try TemporaryDirectory()
        let connection = LibvirtConnection(uri: daemon.qemuURI)
        let events = EventRecorder(await connection.events())
        try await connection.definePool(name: "p", directory: directory.path)
        try await connection.startPool("p")
        try await connection.refreshPool("p")
        try await connection.defineNetwork(xml: ErrorTableTests.network)
        let expected: [LibvirtEvent] = [
            .pool(name: "p", .defined), .pool(name: "p", .started), .poolRefreshed(name: "p"),
            .network(name: "nn", .defined),
        ]
        try await eventually("all events come") { events.seen.count >= expected.count }
        #expect(events.seen == expected)
        await connection.close()
    }
}
