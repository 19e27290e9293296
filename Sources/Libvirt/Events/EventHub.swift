import Synchronization

/// Deals each event out to the streams that are read; holds no event itself.
final class EventHub: Sendable {
    private struct Streams {
        var continuations: [Int: AsyncStream<LibvirtEvent>.Continuation] = [:]
        var next = 0
        /// Whether there was a connection already, so that the next one is a new one.
        var wasConnected = false
        var finished = false
    }

    private let streams = Mutex(Streams())

    /// Whether anybody reads.
    var isWatched: Bool { streams.withLock { !$0.continuations.isEmpty } }

    /// A new stream, which keeps the newest `limit` events that were not read yet.
    func stream(limit: Int) -> AsyncStream<LibvirtEvent> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: LibvirtEvent.self, bufferingPolicy: .bufferingNewest(limit))
        let key: Int? = streams.withLock { streams in
            guard !streams.finished else { return nil }
            streams.next += 1
            streams.continuations[streams.next] = continuation
            return streams.next
        }
        guard let key else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in
            _ = self?.streams.withLock { $0.continuations.removeValue(forKey: key) }
        }
        return stream
    }

    func send(_ event: LibvirtEvent) {
        // Yielded outside the lock: a stream that ends takes the lock itself.
        for continuation in streams.withLock({ Array($0.continuations.values) }) {
            continuation.yield(event)
        }
    }

    /// A connection was opened.
    func connected() {
        let again = streams.withLock { streams in
            defer { streams.wasConnected = true }
            return streams.wasConnected
        }
        if again { send(.reconnected) }
    }

    /// A stream was asked for while there was no connection: the next one counts as a new one.
    func unconnected(reason: String) {
        streams.withLock { $0.wasConnected = true }
        send(.disconnected(reason: reason))
    }

    /// Ends every stream, and those to come.
    func finish() {
        let ended = streams.withLock { streams in
            streams.finished = true
            return Array(streams.continuations.values)
        }
        for continuation in ended { continuation.finish() }
    }
}
