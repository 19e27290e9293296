import FoundationEssentials
import Glibc
import Synchronization
import Testing

@testable import Libvirt

@Suite("Calls that begin only while they may")
struct PermissionTests {
    /// Gives its permission so many times.
    private final class Patience: Sendable {
        private let left: Mutex<Int>

        init(_ count: Int) {
            left = Mutex(count)
        }

        var isGiven: Bool {
            left.withLock { left in
                left -= 1
                return left >= 0
            }
        }
    }

    @Test("a call whose time is over once it has looked its object up is not begun")
    func lateAfterLookup() async throws {
        let connection = LibvirtConnection(uri: "test:///default")
        let definition = DomainLifeTests.definition("late-1")
        try await connection.define(definition)
        let key = DomainKey.uuid(definition.uuid)
        let patience = Patience(1)
        let error = await #expect(throws: LibvirtError.self) {
            try await CallPermission.$current.withValue(CallPermission { patience.isGiven }) {
                try await connection.start(key)
            }
        }
        #expect(error?.code == .operationAborted)
        #expect(try await connection.domain(key)?.summary.state == .shutOff)
        try await connection.start(key)
        #expect(try await connection.domain(key)?.summary.state == .running)
        try await connection.destroy(key)
        try await connection.undefine(key)
        await connection.close()
    }

    @Test("reading needs no turn, and what changes something is asked for again right before it")
    func questions() async throws {
        let connection = LibvirtConnection(uri: "test:///default")
        let asked = Mutex(0)
        let permission = CallPermission {
            asked.withLock { $0 += 1 }
            return true
        }
        try await CallPermission.$current.withValue(permission) {
            _ = try await connection.listDomains()
            #expect(asked.withLock { $0 } == 1)
            try await connection.define(DomainLifeTests.definition("late-2"))
            #expect(asked.withLock { $0 } == 3)
            try await connection.undefine(.name("late-2"))
            // The test driver knows no flags, and is asked a second time without.
            #expect(asked.withLock { $0 } >= 5)
        }
        await connection.close()
    }

    @Test("one goes in at a time; the next is asked only when that one has come out")
    func inTurn() async throws {
        let turnstile = Turnstile()
        let isOut = Mutex(false)
        let first = try #require(turnstile.enter { true })
        let wasOut = await withCheckedContinuation { continuation in
            startThread {
                let second = turnstile.enter {
                    continuation.resume(returning: isOut.withLock { $0 })
                    return true
                }
                if let second { turnstile.leave(second) }
            }
            usleep(2000)
            isOut.withLock { $0 = true }
            turnstile.leave(first)
        }
        #expect(wasOut)
    }

    @Test(
        "whoever stays longer than a call takes to leave keeps nobody out, and one that may not go in keeps nobody out either"
    )
    func passage() throws {
        let turnstile = Turnstile()
        let first = try #require(turnstile.enter { true })
        let begun = ContinuousClock.now
        #expect(turnstile.enter { false } == nil)
        #expect(ContinuousClock.now - begun >= Turnstile.passage - .milliseconds(1))
        let second = try #require(turnstile.enter { true })
        // It comes out late, and lets nobody in on that account.
        turnstile.leave(first)
        let again = ContinuousClock.now
        let third = try #require(turnstile.enter { true })
        #expect(ContinuousClock.now - again >= Turnstile.passage / 2)
        turnstile.leave(second)
        turnstile.leave(third)
        let last = ContinuousClock.now
        _ = try #require(turnstile.enter { true })
        #expect(ContinuousClock.now - last < Turnstile.passage)
    }
}
