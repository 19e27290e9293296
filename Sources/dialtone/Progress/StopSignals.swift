import Dispatch
import Glibc
import Synchronization

/// The one owner of SIGINT and SIGTERM while something runs that has to end well.
struct StopSignals {
    private let sources: [any DispatchSourceSignal]

    /// - Parameters:
    ///   - first: called once, at the first of either signal.
    ///   - again: called at each interrupt after that.
    init(first: @escaping @Sendable () -> Void, again: @escaping @Sendable () -> Void) {
        let arrival = Arrival()
        sources = [SIGINT, SIGTERM].map { number in
            // The default action would end the process before the source is told (dispatch_source_create(3)).
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if arrival.isFirst() {
                    first()
                } else if number == SIGINT {
                    again()
                }
            }
            source.resume()
            return source
        }
    }

    /// Runs `body` until it ends; at the first signal it is cancelled, and may take its time.
    static func cancelling<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) async -> Value {
        let task = Task { await body() }
        let signals = StopSignals {
            task.cancel()
        } again: {
        }
        defer { signals.cancel() }
        return await task.value
    }

    /// From here on the signals end the process, as they do by default.
    func cancel() {
        for source in sources { source.cancel() }
        for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
    }

    private final class Arrival: Sendable {
        private let hasCome = Atomic(false)

        func isFirst() -> Bool { !hasCome.exchange(true, ordering: .relaxed) }
    }
}
