import FoundationEssentials
import OrderedJSON

// The gateway's JSON (protobuf's mapping): 64-bit integers are decimal strings, bytes are base64, and a field that is zero, false or empty is absent.

/// A 64-bit integer, which the gateway writes as a string; `hash` alone is a bare number.
struct Decimal<Integer: FixedWidthInteger & Codable & Sendable>: Codable, Sendable {
    let value: Integer

    init(_ value: Integer) { self.value = value }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let text = try? container.decode(String.self) else {
            value = try container.decode(Integer.self)
            return
        }
        guard let value = Integer(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a 64-bit integer: \(text)")
        }
        self.value = value
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(String(value))
    }
}

struct WireHeader: Decodable {
    var clusterID: Decimal<UInt64>?
    var memberID: Decimal<UInt64>?
    var revision: Decimal<Int64>?

    enum CodingKeys: String, CodingKey {
        case clusterID = "cluster_id"
        case memberID = "member_id"
        case revision
    }
}

struct WireKeyValue: JSONReadable {
    var typed: EtcdKeyValue

    init(_ json: JSONCursor) throws {
        typed = EtcdKeyValue(
            keyBytes: try json.base64("key"), value: try json.base64("value"),
            createRevision: try json.decimal("create_revision"), modRevision: try json.decimal("mod_revision"),
            version: try json.decimal("version"), lease: try json.decimal("lease"))
    }
}

extension JSONCursor {
    fileprivate func base64(_ name: StaticString) throws -> [UInt8] {
        guard let text = try optionalText(name) else { return [] }
        guard let data = Data(base64Encoded: text) else { throw mismatch("base64 as '\(name)'") }
        return [UInt8](data)
    }

    fileprivate func decimal(_ name: StaticString) throws -> Int64 {
        guard let text = try optionalText(name) else { return 0 }
        guard let number = Int64(text) else { throw mismatch("a 64-bit integer as '\(name)'") }
        return number
    }
}

/// The range of keys that a request names.
struct WireKeys {
    var key: Data
    /// Exclusive; nil for a single key.
    var end: Data?

    init(key: String) {
        self.key = Data(key.utf8)
    }

    /// All keys that begin with `prefix`: up to the next string of the same length, or to the end of all keys ("\0") when there is none.
    init(prefix: String) {
        key = prefix.isEmpty ? Data([0]) : Data(prefix.utf8)
        var bytes = Array(prefix.utf8)
        while let last = bytes.last, last == 0xff { bytes.removeLast() }
        if let last = bytes.popLast() {
            bytes.append(last + 1)
            end = Data(bytes)
        } else {
            end = Data([0])
        }
    }
}

struct WireRange: Encodable {
    var key: Data
    var end: Data?
    var limit: Decimal<Int64>?
    var revision: Decimal<Int64>?
    var countOnly: Bool?

    init(_ keys: WireKeys, limit: Int? = nil, revision: Int64? = nil, countOnly: Bool? = nil) {
        key = keys.key
        end = keys.end
        self.limit = limit.map { Decimal(Int64($0)) }
        self.revision = revision.map { Decimal($0) }
        self.countOnly = countOnly
    }

    enum CodingKeys: String, CodingKey {
        case key, limit, revision
        case end = "range_end"
        case countOnly = "count_only"
    }
}

struct WireRangeAnswer: Decodable {
    var header: WireHeader?
    var kvs: [WireKeyValue]?
    var count: Decimal<Int64>?
    var more: Bool?

    var typed: EtcdRange {
        EtcdRange(
            keyValues: (kvs ?? []).map(\.typed), count: Int(count?.value ?? 0), revision: header?.revision?.value ?? 0)
    }
}

struct WirePut: Encodable {
    var key: Data
    var value: Data
    var lease: Decimal<Int64>?

    init(key: String, value: [UInt8], lease: Int64?) {
        self.key = Data(key.utf8)
        self.value = Data(value)
        self.lease = lease.map { Decimal($0) }
    }
}

/// The answer of calls that tell no more than the revision.
struct WireAcknowledgement: Decodable {
    var header: WireHeader?
}

struct WireDelete: Encodable {
    var key: Data
    var end: Data?

    init(_ keys: WireKeys) {
        key = keys.key
        end = keys.end
    }

    enum CodingKeys: String, CodingKey {
        case key
        case end = "range_end"
    }
}

struct WireDeleteAnswer: Decodable {
    var header: WireHeader?
    var deleted: Decimal<Int64>?

    var typed: EtcdDeletion {
        EtcdDeletion(deleted: Int(deleted?.value ?? 0), revision: header?.revision?.value ?? 0)
    }
}
