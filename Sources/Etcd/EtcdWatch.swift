/// A change of one key.
public struct EtcdEvent: Sendable, Equatable {
    public enum Change: Sendable {
        case put
        case delete
    }

    public var change: Change
    /// After a deletion only key and `modRevision` mean anything.
    public var keyValue: EtcdKeyValue
    /// What was there before, when etcd still knew it.
    public var previous: EtcdKeyValue?

    public init(change: Change, keyValue: EtcdKeyValue, previous: EtcdKeyValue? = nil) {
        self.change = change
        self.keyValue = keyValue
        self.previous = previous
    }
}

/// What a watch reports.
public enum EtcdWatchSignal: Sendable, Equatable {
    /// The watch is set up, at the beginning and after each interruption; nothing was missed. `revision` is the member's.
    case watching(revision: Int64)
    /// All changes of one or more whole revisions, up to `revision`.
    case events([EtcdEvent], revision: Int64)
    /// Changes were lost, because they are compacted away or because the store is another one: read all again. The watch goes on from `revision`.
    case compacted(revision: Int64)
    /// The watch is broken and is being set up again, on one endpoint after the other; said once for each interruption.
    case interrupted(EtcdError)
}

/// How a watch is kept alive.
public struct EtcdWatchOptions: Sendable {
    /// Seconds of silence after which the member is asked whether it is still there and sees a leader. etcd itself sends nothing for minutes.
    public var probeInterval: Double
    /// Seconds until the next try after every endpoint has failed; doubled up to `longestPause`.
    public var firstPause: Double
    public var longestPause: Double

    public init(probeInterval: Double = 5, firstPause: Double = 0.1, longestPause: Double = 2) {
        self.probeInterval = probeInterval
        self.firstPause = firstPause
        self.longestPause = longestPause
    }
}

extension EtcdClient {
    /// Follows all keys that begin with `prefix`, from `fromRevision` on (a range's revision plus one misses nothing), or from now.
    ///
    /// The stream goes on over restarts, failing endpoints and compaction, each of which it reports. It ends with an error only when etcd refuses the
    /// watch (`rejected`, `unauthenticated`) or the client is closed; it ends with its task, or when it is let go.
    public func watch(
        prefix: String, fromRevision: Int64? = nil, options: EtcdWatchOptions = .init()
    ) -> AsyncThrowingStream<EtcdWatchSignal, any Error> {
        AsyncThrowingStream { continuation in
            let watcher = Watcher(gateway: gateway, keys: WireKeys(prefix: prefix), options: options) {
                continuation.yield($0)
            }
            let task = Task {
                do {
                    try await watcher.run(from: fromRevision)
                    continuation.finish()
                } catch is CancellationError {
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }
}
