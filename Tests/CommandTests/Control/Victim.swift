import Glibc
import Synchronization
import TestSupport

/// A process that is to get a signal in the middle of a call: the relay knows the moment, and may know it before the process is known.
final class Victim: Sendable {
    private let child = Mutex<ChildProcess?>(nil)
    private let struck = Mutex(false)

    /// Whether the signal was sent.
    var isStruck: Bool { struck.withLock { $0 } }

    func become(_ child: ChildProcess) {
        self.child.withLock { $0 = child }
    }

    /// Waits on the relay's own thread until there is a process; returns when a kill has come about.
    func signal(_ number: Int32) {
        while true {
            if let child = child.withLock({ $0 }) {
                child.signal(number)
                while number == SIGKILL, child.isRunning { usleep(1000) }
                struck.withLock { $0 = true }
                return
            }
            usleep(1000)
        }
    }
}

/// Each of `values` in turn, a few at a time: most of their time is waiting.
func concurrently<Value: Sendable>(
    _ values: [Value], atOnce limit: Int = 4, _ body: @escaping @Sendable (Value) async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for (index, value) in values.enumerated() {
            if index >= limit { try await group.next() }
            group.addTask { try await body(value) }
        }
        try await group.waitForAll()
    }
}
