import ClusterModel
import OrderedJSON
import Provisioning

/// The JSON of the keys; every document begins with its `schema`.
enum RegistryFormat {
    static func text(_ shares: Shares) -> String {
        document([
            ("revision", .number(shares.revision)),
            ("draw", ["stable": .number(shares.draw.stable), "canary": .number(shares.draw.canary)]),
            ("instances", .array(shares.instances.map(member))),
            ("emergencyNumbers", .array(shares.emergencyNumbers.map { .text($0) })),
            ("match", .array(shares.match.map(rule))),
            ("writtenAt", shares.writtenAt.map { .text(Timestamp.text($0)) } ?? .null),
        ])
    }

    private static func rule(_ rule: MatchRule) -> JSON {
        let conditions = [
            ("called", rule.called), ("caller", rule.caller), ("source", rule.source), ("header", rule.header),
            ("value", rule.value),
        ]
        return .object(
            [("to", .text(rule.to.rawValue))] + conditions.compactMap { name, value in value.map { (name, .text($0)) } }
        )
    }

    private static func member(_ member: Shares.Member) -> JSON {
        [
            "name": .text(member.name), "address": .text(member.address), "track": .text(member.track.rawValue),
            "state": .text(member.state.rawValue),
            "drainingSince": member.drainingSince.map { .text(Timestamp.text($0)) } ?? .null,
        ]
    }

    static func text(_ leader: LeaderRecord) -> String {
        document([
            ("name", .text(leader.name)), ("pid", .number(leader.pid)), ("since", .text(Timestamp.text(leader.since))),
        ])
    }

    /// - Parameter word: what is ordered.
    static func text(_ order: PersonalOrder, _ word: String) -> String {
        document([
            ("order", .text(word)), ("by", .text(order.by)), ("note", .text(order.note)),
            ("at", .text(Timestamp.text(order.at))),
        ])
    }

    static func event(target: String, verb: String, at time: Instant) -> String {
        document([("target", .text(target)), ("verb", .text(verb)), ("at", .text(Timestamp.text(time)))])
    }

    private static func document(_ members: [(String, JSON)]) -> String {
        JSON.object([("schema", 1)] + members).compact
    }
}

struct SharesDocument: Decodable {
    struct Member: Decodable {
        var name: String
        var address: String
        var track: Track
        var state: Shares.Member.State
        var drainingSince: String?
    }

    var revision: Int
    var draw: Shares.Draw
    var instances: [Member]
    // Not written by earlier versions.
    var emergencyNumbers: [String]?
    var match: [MatchRule]?
    var writtenAt: String?

    var shares: Shares {
        Shares(
            revision: revision, draw: draw,
            instances: instances.map {
                Shares.Member(
                    name: $0.name, address: $0.address, track: $0.track, state: $0.state,
                    drainingSince: $0.drainingSince.flatMap(Timestamp.instant))
            }, emergencyNumbers: emergencyNumbers ?? [], match: match ?? [],
            writtenAt: writtenAt.flatMap(Timestamp.instant))
    }
}

struct LeaderDocument: Decodable {
    var name: String
    var pid: Int
    var since: String
}

struct OrderDocument: Decodable {
    var by: String
    var note: String?
    var at: String
}

/// As dispatchers write it.
struct TrafficDocument: Decodable {
    struct Instance: Decodable {
        var counters: [String: Int]
        var postDialDelay: [String: Int]
    }

    /// The calls of one instance that are up.
    struct Active: Decodable {
        struct Call: Decodable {
            var id: String
            var since: String?
            var settled: Bool
        }

        var dialogs: Int
        var calls: [Call]

        var record: DialogsRecord {
            DialogsRecord(
                count: dialogs,
                dialogs: calls.map {
                    .init(callID: $0.id, since: $0.since.flatMap(Timestamp.instant), isSettled: $0.settled)
                })
        }
    }

    var startedAt: String
    var instances: [String: Instance]
    var active: [String: Active]?

    var counters: [String: CallCounters] {
        instances.mapValues { instance in
            CallCounters(
                counters: instance.counters,
                delays: Dictionary(instance.postDialDelay.map { (Int($0.key) ?? .max, $0.value) }) { $0 + $1 })
        }
    }
}

struct EventDocument: Decodable {
    var target: String
    var at: String
}

/// As announcers write it.
struct InstanceDocument: JSONReadable {
    var address: String
    var port: Int
    var node: String
    var track: Track
    var image: String
    var version: String
    var health: String
    var unit: String
    var since: String
    /// Only where a probe call was asked for and made.
    var probe: InstanceRecord.Probe?

    init(_ json: JSONCursor) throws {
        address = try json.text("address")
        port = try json.integer("port")
        node = try json.text("node")
        track = try json.word("track", as: Track.self)
        image = try json.text("image")
        version = try json.text("version")
        health = try json.text("health")
        unit = try json.text("unit")
        since = try json.text("since")
        probe = try json.member("probe").map {
            InstanceRecord.Probe(extension: try $0.text("extension"), failure: try $0.optionalText("failure"))
        }
    }
}

/// As the agents beside Kamailios write it.
struct DispatcherDocument: Decodable {
    var revision: Int
    var kamailio: String
    var route: Int?
    var bound: Int?
    // Not written by earlier versions.
    var sets: DispatcherSets?
}

struct CallsDocument: JSONReadable {
    /// `nil`: not known, and `unknown` says why.
    var calls: Int?
    var unknown: String?
    var oldest: String?
    var source: String?
    var countedAfter: CallsRecord.Moment?
    var callIDs: Set<String>

    init(_ json: JSONCursor) throws {
        calls = json.member("calls") == nil ? nil : try json.integer("calls")
        unknown = try json.optionalText("unknown")
        oldest = try json.optionalText("oldest")
        source = try json.optionalText("source")
        countedAfter = try json.member("countedAfter").map {
            .init(shares: try $0.integer("shares"), dispatchers: try $0.integers("dispatchers"))
        }
        callIDs = Set(try json.list("callIDs") { try $0.text() })
    }

    /// `nil`: a number that is none of calls.
    var record: CallsRecord? {
        guard let calls, (0...CallsRecord.most).contains(calls) else { return nil }
        return CallsRecord(
            calls: calls, oldest: oldest.flatMap(Timestamp.instant), source: source.flatMap(CallsRecord.Source.init),
            countedAfter: countedAfter, callIDs: callIDs)
    }
}
