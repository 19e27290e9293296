import Synchronization

/// Bytes between curl's thread and the reader of a stream. When more than `limit` bytes wait, the transfer is paused, and goes on when the reader has
/// taken them: a slow reader slows the server, not our memory.
final class ChunkBuffer: Sendable {
    typealias Next = Result<[UInt8]?, HTTPError>

    private struct State {
        /// Bytes that nobody has read yet.
        var waiting: [UInt8] = []
        /// How the body ended; what waits is still to be read.
        var end: Result<Void, HTTPError>?
        /// Whether curl was told to pause.
        var isPaused = false
        /// Readers that found nothing.
        var readers: [CheckedContinuation<Next, Never>] = []
    }

    private let limit: Int
    private let resume: @Sendable () -> Void
    private let state = Mutex(State())

    /// - Parameter resume: asked, from any thread, to let a paused transfer go on.
    init(limit: Int, resume: @escaping @Sendable () -> Void) {
        self.limit = limit
        self.resume = resume
    }

    /// Takes bytes; false when the transfer must pause, and these bytes come again later.
    func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let reader: CheckedContinuation<Next, Never>?
        let accepted: Bool
        (reader, accepted) = state.withLock { state in
            if state.end != nil { return (nil, true) }
            if !state.readers.isEmpty { return (state.readers.removeFirst(), true) }
            if state.waiting.count >= limit {
                state.isPaused = true
                return (nil, false)
            }
            state.waiting.append(contentsOf: bytes)
            return (nil, true)
        }
        reader?.resume(returning: .success(Array(bytes)))
        return accepted
    }

    /// Ends the body; only the first end counts.
    func end(_ end: Result<Void, HTTPError>) {
        let readers = state.withLock { state in
            guard state.end == nil else { return [] as [CheckedContinuation<Next, Never>] }
            state.end = end
            defer { state.readers = [] }
            return state.readers
        }
        for reader in readers { reader.resume(returning: end.map { nil }) }
    }

    /// The next bytes, nil at the end.
    func next() async -> Next {
        await withCheckedContinuation { reader in
            var mustResume = false
            let ready: Next? = state.withLock { state in
                if !state.waiting.isEmpty {
                    defer { state.waiting = [] }
                    mustResume = state.isPaused
                    state.isPaused = false
                    return .success(state.waiting)
                }
                if let end = state.end { return end.map { nil } }
                state.readers.append(reader)
                return nil
            }
            if mustResume { resume() }
            if let ready { reader.resume(returning: ready) }
        }
    }
}
