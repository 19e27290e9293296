import FoundationEssentials
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Libvirt

@Suite("A libvirtd that hangs, with calls under way")
struct FrozenTests {
    @Test(
        "every one of several calls under way ends by keepalive; when the daemon goes on, so do calls, over new connections"
    )
    func severalUnderWay() async throws {
        let daemon = try await RealLibvirtd.start()
        let connection = LibvirtConnection(
            uri: daemon.testURI, keepalive: KeepAlive(intervalSeconds: 1, count: 2), openTimeout: .seconds(1))
        // The test driver's state lives as long as one connection does.
        let keeper = LibvirtConnection(uri: daemon.testURI)
        _ = try await keeper.listDomains()
        let events = EventRecorder(await connection.events())
        for round in 1...2 {
            try await Self.openAll(connection)
            daemon.freeze()
            let begun = ContinuousClock.now
            await withTaskGroup { group in
                for number in 0..<12 {
                    group.addTask {
                        let error = await #expect(throws: LibvirtError.self, "\(round)") {
                            if number % 2 == 0 {
                                _ = try await connection.listDomains()
                            } else {
                                try await connection.define(DomainLifeTests.definition("frozen-\(number)"))
                            }
                        }
                        #expect(error?.isConnectionLoss == true, "\(String(describing: error))")
                    }
                }
            }
            #expect(ContinuousClock.now - begun < .seconds(15))
            try await eventually("the loss is told") { events.seen.count { $0.isDisconnected } == round }
            daemon.thaw()
            try await eventually("calls go on") { (try? await connection.listDomains()) != nil }
            try await Self.openAll(connection)
            try await eventually("the new connection is told") { events.seen.count { $0 == .reconnected } == round }
        }
        try await connection.destroy(.name("test"))
        try await eventually("events come again") { events.seen.contains { $0.lifecycle == .stopped } }
        await connection.close()
        await keeper.close()
    }

    @Test("a cancelled task does not wait for what it only wanted to read, but for what it changes")
    func cancelled() async throws {
        let daemon = try await RealLibvirtd.start()
        let connection = LibvirtConnection(uri: daemon.testURI)
        try await Self.openAll(connection)
        daemon.freeze()
        // Asked when a call has its connection, and again right before it changes something.
        let asked = Atomic(0)
        let permission = CallPermission {
            asked.wrappingAdd(1, ordering: .relaxed)
            return true
        }
        let (reading, writing) = CallPermission.$current.withValue(permission) {
            let reading = (0..<2).map { _ in
                Task { () async -> LibvirtError? in
                    do throws(LibvirtError) { _ = try await connection.listDomains() } catch { return error }
                    return nil
                }
            }
            return (reading, Task { try await connection.define(DomainLifeTests.definition("written")) })
        }
        try await eventually("all are under way") { asked.load(ordering: .relaxed) == 4 }
        let begun = ContinuousClock.now
        for task in reading { task.cancel() }
        writing.cancel()
        for task in reading { #expect(await task.value?.code == .operationAborted) }
        #expect(ContinuousClock.now - begun < .seconds(5))
        daemon.thaw()
        // Whatever became of the others, this one was waited for.
        _ = try await writing.value
        #expect(try await connection.listDomains().map(\.name).sorted() == ["test", "written"])
        await connection.close()
    }

    @Test("calls side by side never share a connection, and calls one after the other do")
    func alone() async throws {
        let connection = LibvirtConnection(uri: "test:///default")
        let busy = Mutex(Set<ObjectIdentifier>())
        let seen = Mutex(Set<ObjectIdentifier>())
        let use: @Sendable (Handle) -> Void = { handle in
            let isAlone = busy.withLock { $0.insert(ObjectIdentifier(handle)).inserted }
            #expect(isAlone)
            _ = seen.withLock { $0.insert(ObjectIdentifier(handle)) }
            usleep(500)
            _ = busy.withLock { $0.remove(ObjectIdentifier(handle)) }
        }
        for _ in 0..<20 { try await connection.call { handle throws(LibvirtError) in use(handle) } }
        #expect(seen.withLock { $0.count } == 1)
        try await withThrowingTaskGroup { group in
            for _ in 0..<200 {
                group.addTask { try await connection.call { handle throws(LibvirtError) in use(handle) } }
            }
            try await group.waitForAll()
        }
        #expect(seen.withLock { $0.count } <= LibvirtConnection.threads)
        await connection.close()
    }

    /// Has as many connections open as there can be.
    private static func openAll(_ connection: LibvirtConnection) async throws {
        var leases: [Lease] = []
        for _ in 0..<LibvirtConnection.threads {
            leases.append(try await connection.lending { lease throws(LibvirtError) in lease })
        }
        #expect(Set(leases.map { ObjectIdentifier($0.handle) }).count == LibvirtConnection.threads)
    }
}
