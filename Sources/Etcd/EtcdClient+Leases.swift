import FoundationEssentials

public struct EtcdLease: Sendable, Equatable {
    public var id: Int64
    /// Seconds that it was granted for; etcd may give more than was asked (its minimum follows the election timeout).
    public var grantedTTL: Int64
    /// Seconds that are left.
    public var remainingTTL: Int64
    /// Keys that live by it; only where they were asked for.
    public var keys: [String]

    public init(id: Int64, grantedTTL: Int64, remainingTTL: Int64, keys: [String] = []) {
        self.id = id
        self.grantedTTL = grantedTTL
        self.remainingTTL = remainingTTL
        self.keys = keys
    }
}

extension EtcdClient {
    /// A new lease of `ttl` seconds. When the answer is lost another endpoint is asked, and a lease that nobody knows of may be left to expire.
    public func grantLease(ttl: Int64) async throws(EtcdError) -> EtcdLease {
        let answer: WireLease = try await gateway.call(
            "/v3/lease/grant", WireLeaseRequest(id: Decimal(0), ttl: Decimal(ttl)), repetition: .harmless)
        let granted = answer.ttl?.value ?? 0
        return EtcdLease(id: answer.id?.value ?? 0, grantedTTL: granted, remainingTTL: granted)
    }

    /// Renews the lease once and returns the seconds that it lives now; throws `leaseNotFound` when it is gone.
    @discardableResult
    public func keepAlive(lease: Int64) async throws(EtcdError) -> Int64 {
        let answer: WireStreamed<WireLease> = try await gateway.call(
            "/v3/lease/keepalive", WireLeaseRequest(id: Decimal(lease)), repetition: .harmless)
        if let failure = answer.error { throw EtcdError(failure.rejection(endpoint: "etcd")) }
        // An unknown lease is answered with HTTP 200 and no TTL.
        guard let ttl = answer.result?.ttl?.value, ttl > 0 else { throw .leaseNotFound }
        return ttl
    }

    /// Ends the lease and deletes its keys.
    public func revokeLease(_ lease: Int64) async throws(EtcdError) {
        let _: WireAcknowledgement = try await gateway.call(
            "/v3/lease/revoke", WireLeaseRequest(id: Decimal(lease)), repetition: .no)
    }

    /// What is left of the lease, and its keys; throws `leaseNotFound` when it is gone.
    public func timeToLive(lease: Int64) async throws(EtcdError) -> EtcdLease {
        let answer: WireLease = try await gateway.call(
            "/v3/lease/timetolive", WireLeaseRequest(id: Decimal(lease), keys: true), repetition: .harmless)
        // An unknown lease is answered with TTL -1; a lease in its last second has no TTL field but a granted one.
        guard let granted = answer.grantedTTL?.value, granted > 0 else { throw .leaseNotFound }
        return EtcdLease(
            id: lease, grantedTTL: granted, remainingTTL: answer.ttl?.value ?? 0,
            keys: (answer.keys ?? []).map { String(decoding: $0, as: UTF8.self) })
    }
}

struct WireLeaseRequest: Encodable {
    var id: Decimal<Int64>
    var ttl: Decimal<Int64>?
    var keys: Bool?

    enum CodingKeys: String, CodingKey {
        case keys
        case id = "ID"
        case ttl = "TTL"
    }
}

struct WireLease: Decodable {
    var id: Decimal<Int64>?
    var ttl: Decimal<Int64>?
    var grantedTTL: Decimal<Int64>?
    var keys: [Data]?

    enum CodingKeys: String, CodingKey {
        case grantedTTL, keys
        case id = "ID"
        case ttl = "TTL"
    }
}

/// One line of a streamed answer.
struct WireStreamed<Result: Decodable>: Decodable {
    struct Failure: Decodable {
        var code: Int?
        var status: Int?
        var message: String?

        enum CodingKeys: String, CodingKey {
            case message
            case code = "grpc_code"
            case status = "http_code"
        }

        func rejection(endpoint: String) -> EtcdError.Rejection {
            .init(
                status: status ?? 200, code: code.flatMap { GRPCCode(rawValue: $0) }, message: message ?? "no text",
                endpoint: endpoint)
        }
    }

    var result: Result?
    var error: Failure?
}
