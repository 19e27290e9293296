import FoundationEssentials
import HTTPTransport
import Synchronization

/// A watch as long as one connection to one endpoint lasts.
struct WatchConnection {
    let gateway: Gateway
    let endpoint: String
    let keys: WireKeys
    let options: EtcdWatchOptions
    let report: @Sendable (EtcdWatchSignal) -> Void

    /// What happens on the connection, as both tasks of `follow` see it.
    private final class Shared: Sendable {
        let position: Mutex<WatchPosition>
        /// When something last came.
        let lastSign = Mutex(ContinuousClock.now)

        init(_ position: WatchPosition) { self.position = Mutex(position) }
    }

    /// Follows until the connection ends. Returns when etcd asks for a new beginning (compaction); throws `WatchInterruption` when it breaks.
    func follow(_ position: WatchPosition) async throws -> WatchPosition {
        let shared = Shared(position)
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await read(shared) }
                group.addTask { try await probe(shared) }
                defer { group.cancelAll() }
                // The probe never ends by itself, so the first end is the reader's, or a failure of either.
                try await group.next()
            }
        } catch let failure as Failure {
            try Task.checkCancellation()
            throw WatchInterruption(failure: failure, position: shared.position.withLock { $0 })
        }
        return shared.position.withLock { $0 }
    }

    private func read(_ shared: Shared) async throws {
        let from = shared.position.withLock { $0.next }
        let body = Gateway.encode(WireWatchRequest(keys, from: from))
        let request = gateway.post("/v3/watch", body, to: endpoint, timeout: gateway.timeout, .harmless)
        do {
            let stream = try await gateway.http.stream(request)
            guard stream.status == 200 else {
                let response = HTTPResponse(status: stream.status, body: try await stream.collect(upTo: 4096))
                throw Failure(endpoint: shown, cause: .rejection(Gateway.rejection(response, from: shown)))
            }
            var lines = LineSplitter()
            for try await chunk in stream.chunks {
                shared.lastSign.withLock { $0 = .now }
                for line in lines.split(chunk) where try take(line, shared) { return }
            }
            throw Failure(endpoint: shown, cause: .rejection(unavailable("the member ended the watch")))
        } catch let error as HTTPError {
            if error.kind == .closed {
                throw EtcdError.unreachable(tried: [.init(endpoint: shown, reason: error.message)])
            }
            throw Failure(endpoint: shown, cause: .transport(error))
        }
    }

    /// One message; true when the watch has to be set up anew from where it stands.
    private func take(_ line: [UInt8], _ shared: Shared) throws -> Bool {
        let message = HTTPResponse(status: 200, body: line)
        let answer = try Gateway.decode(message, from: endpoint, as: WireStreamed<WireWatchAnswer>.self)
        if let error = answer.error {
            throw Failure(endpoint: shown, cause: .rejection(error.rejection(endpoint: shown)))
        }
        guard let result = answer.result else { return false }
        let revision = result.header?.revision?.value ?? 0
        if result.canceled == true { return try takeCancellation(result, shared) }
        if result.created == true { return created(result, revision: revision, shared) }
        if let events = result.events, !events.isEmpty {
            shared.position.withLock {
                $0.next = (events.map(\.kv.typed.modRevision).max() ?? revision) + 1
            }
            report(.events(events.map(\.typed), revision: revision))
        }
        return false
    }

    private func created(_ result: WireWatchAnswer, revision: Int64, _ shared: Shared) -> Bool {
        let cluster = result.header?.clusterID?.value
        let isOtherStore = shared.position.withLock { position in
            // A store of another cluster may be behind our revision and would be silent until it caught up.
            let isOther = position.clusterID != nil && position.clusterID != cluster
            position.clusterID = cluster
            position.connections += 1
            position.isInterrupted = false
            if isOther || position.next == nil { position.next = revision + 1 }
            return isOther
        }
        report(isOtherStore ? .compacted(revision: revision) : .watching(revision: revision))
        return isOtherStore
    }

    private func takeCancellation(_ result: WireWatchAnswer, _ shared: Shared) throws -> Bool {
        if let oldest = result.compactRevision?.value, oldest > 0 {
            shared.position.withLock { $0.next = oldest }
            report(.compacted(revision: oldest))
            return true
        }
        let reason = result.cancelReason ?? "the member cancelled the watch without a reason"
        if reason.contains("no leader") { throw Failure(endpoint: shown, cause: .rejection(unavailable(reason))) }
        throw Failure(
            endpoint: shown, cause: .rejection(.init(status: 200, code: nil, message: reason, endpoint: shown)))
    }

    /// Asks a silent member whether it is there and sees a leader. A frozen process and a member cut off from the others both keep connections open.
    private func probe(_ shared: Shared) async throws {
        while true {
            let silence = ContinuousClock.now - shared.lastSign.withLock { $0 }
            let left = Duration.seconds(options.probeInterval) - silence
            if left > .zero {
                try await Task.sleep(for: left)
                continue
            }
            let body = Gateway.encode(WireNothing())
            let request = gateway.post(
                "/v3/maintenance/status", body, to: endpoint, timeout: gateway.timeout, .harmless)
            let status: WireStatus = try await gateway.exchange(request, at: endpoint, as: WireStatus.self)
            if status.leader == nil {
                throw Failure(endpoint: shown, cause: .rejection(unavailable("etcdserver: no leader")))
            }
            shared.lastSign.withLock { $0 = .now }
        }
    }

    private func unavailable(_ message: String) -> EtcdError.Rejection {
        .init(status: 503, code: .unavailable, message: message, endpoint: shown)
    }

    private var shown: String { HTTPError.presentable(endpoint) }
}

/// Cuts a stream of bytes into lines.
struct LineSplitter {
    /// The beginning of a line whose end has not come yet.
    private var rest: [UInt8] = []

    /// The lines that `chunk` completes, without their ends; empty lines are left out.
    mutating func split(_ chunk: [UInt8]) -> [[UInt8]] {
        guard let last = chunk.lastIndex(of: UInt8(ascii: "\n")) else {
            rest += chunk
            return []
        }
        let complete = rest + chunk[..<last]
        rest = Array(chunk[(last + 1)...])
        return complete.split(separator: UInt8(ascii: "\n")).map { Array($0) }
    }
}
