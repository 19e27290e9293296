import ClusterModel
import Etcd
import FoundationEssentials
import Provisioning

/// The JSON of the keys; every document begins with its `schema`.
enum RegistryFormat {
    static let schema = 1

    static func text(_ shares: Shares) -> String { CanonicalJSON.text(SharesDocument(shares)) }
    static func text(_ leader: LeaderRecord) -> String { CanonicalJSON.text(LeaderDocument(leader)) }

    static func event(target: String, verb: String, at time: Instant) -> String {
        CanonicalJSON.text(EventDocument(schema: schema, target: target, verb: verb, at: Timestamp.text(time)))
    }
}

struct SharesDocument: Codable {
    struct Member: Codable {
        var name: String
        var address: String
        var track: Track
        var state: Shares.Member.State
        var drainingSince: String?

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(name, forKey: .name)
            try container.encode(address, forKey: .address)
            try container.encode(track, forKey: .track)
            try container.encode(state, forKey: .state)
            // Present also when there is none: readers need not tell absent from null.
            try container.encode(drainingSince, forKey: .drainingSince)
        }
    }

    var schema: Int
    var revision: Int
    var draw: Shares.Draw
    var instances: [Member]

    init(_ shares: Shares) {
        schema = RegistryFormat.schema
        revision = shares.revision
        draw = shares.draw
        instances = shares.instances.map {
            Member(
                name: $0.name, address: $0.address, track: $0.track, state: $0.state,
                drainingSince: $0.drainingSince.map(Timestamp.text))
        }
    }

    var shares: Shares {
        Shares(
            revision: revision, draw: draw,
            instances: instances.map {
                Shares.Member(
                    name: $0.name, address: $0.address, track: $0.track, state: $0.state,
                    drainingSince: $0.drainingSince.flatMap(Timestamp.instant))
            })
    }
}

struct LeaderDocument: Codable {
    var schema: Int
    var name: String
    var pid: Int
    var since: String

    init(_ record: LeaderRecord) {
        schema = RegistryFormat.schema
        name = record.name
        pid = record.pid
        since = Timestamp.text(record.since)
    }
}

struct EventDocument: Codable {
    var schema: Int
    var target: String
    var verb: String
    var at: String
}

/// As announcers write it.
struct InstanceDocument: Decodable {
    var schema: Int
    var address: String
    var port: Int
    var node: String
    var track: Track
    var image: String
    var version: String
    var health: String
    var unit: String
    var since: String
}

struct CallsDocument: Decodable {
    var schema: Int
    var calls: Int
    var oldest: String?
}
