import FoundationEssentials
import HTTPTransport

/// One watch over as many connections as it takes.
struct Watcher {
    let gateway: Gateway
    let keys: WireKeys
    let options: EtcdWatchOptions
    let report: @Sendable (EtcdWatchSignal) -> Void

    /// Returns or throws only at the end of the watch: refused, closed, or cancelled.
    func run(from revision: Int64?) async throws {
        var position = WatchPosition(next: revision)
        var pause = options.firstPause
        while true {
            let endings = try await oneRound(&position)
            try Task.checkCancellation()
            if endings.isEmpty { pause = options.firstPause } else { interrupted(&position, endings) }
            if position.isInterrupted { try await Task.sleep(for: .seconds(pause)) }
            if !endings.isEmpty { pause = min(pause * 2, options.longestPause) }
        }
    }

    private func interrupted(_ position: inout WatchPosition, _ attempts: [EtcdError.Attempt]) {
        if !position.isInterrupted { report(.interrupted(.unreachable(tried: attempts))) }
        position.isInterrupted = true
    }

    /// Follows the first endpoint that can be used, until it fails too. Gives the failures when none could be used at all, nothing after one was.
    private func oneRound(_ position: inout WatchPosition) async throws -> [EtcdError.Attempt] {
        var tried: [EtcdError.Attempt] = []
        for index in gateway.endpointsInTurn() {
            let endpoint = gateway.endpoints[index]
            let before = position.connections
            do {
                position = try await WatchConnection(
                    gateway: gateway, endpoint: endpoint, keys: keys, options: options, report: report
                ).follow(position)
                gateway.prefer(index)
                return []
            } catch let interruption as WatchInterruption {
                position = interruption.position
                gateway.prefer((index + 1) % gateway.endpoints.count)
                let attempt = try interruption.failure.attempt(isWrite: false, before: tried)
                if position.connections > before {
                    interrupted(&position, [attempt])
                    return []
                }
                tried.append(attempt)
            }
        }
        return tried
    }
}

/// How far a watch has come.
struct WatchPosition: Sendable {
    /// The first revision that has not been seen; nil before the first connection of a watch "from now".
    var next: Int64?
    /// The cluster that the revisions belong to.
    var clusterID: UInt64?
    /// How often a watch was set up.
    var connections = 0
    /// Whether an interruption was reported and nothing since.
    var isInterrupted = false
}

/// Why a connection of a watch ended, and how far it had come.
struct WatchInterruption: Error {
    let failure: Failure
    let position: WatchPosition
}

struct WireWatchRequest: Encodable {
    struct Create: Encodable {
        var key: Data
        var end: Data?
        var startRevision: Decimal<Int64>?
        var previous = true

        enum CodingKeys: String, CodingKey {
            case key
            case end = "range_end"
            case startRevision = "start_revision"
            case previous = "prev_kv"
        }
    }

    var create: Create

    init(_ keys: WireKeys, from revision: Int64?) {
        create = Create(key: keys.key, end: keys.end, startRevision: revision.map { Decimal($0) })
    }

    enum CodingKeys: String, CodingKey {
        case create = "create_request"
    }
}

struct WireWatchAnswer: Decodable {
    struct Event: Decodable {
        var type: String?
        var kv: WireKeyValue
        var previous: WireKeyValue?

        enum CodingKeys: String, CodingKey {
            case type, kv
            case previous = "prev_kv"
        }

        var typed: EtcdEvent {
            EtcdEvent(change: type == "DELETE" ? .delete : .put, keyValue: kv.typed, previous: previous?.typed)
        }
    }

    var header: WireHeader?
    var created: Bool?
    var canceled: Bool?
    var cancelReason: String?
    var compactRevision: Decimal<Int64>?
    var events: [Event]?

    enum CodingKeys: String, CodingKey {
        case header, created, canceled, events
        case cancelReason = "cancel_reason"
        case compactRevision = "compact_revision"
    }
}
