import HTTPTransport

public struct EtcdMember: Sendable, Equatable {
    public var id: UInt64
    /// Empty until the member has started for the first time, as are `clientURLs`.
    public var name: String
    public var peerURLs: [String]
    public var clientURLs: [String]
    public var isLearner: Bool

    public init(id: UInt64, name: String, peerURLs: [String], clientURLs: [String], isLearner: Bool = false) {
        self.id = id
        self.name = name
        self.peerURLs = peerURLs
        self.clientURLs = clientURLs
        self.isLearner = isLearner
    }
}

/// What one member says of itself. It answers without a quorum too.
public struct EtcdStatus: Sendable, Equatable {
    public var clusterID: UInt64
    public var memberID: UInt64
    public var version: String
    /// The member that leads, as this one sees it; nil when it sees none.
    public var leader: UInt64?
    public var isLearner: Bool
    public var revision: Int64
    public var raftIndex: UInt64
    public var raftTerm: UInt64
    /// Bytes on disk, and those in use of them.
    public var databaseSize: Int64
    public var databaseSizeInUse: Int64
    /// etcd's own complaints, such as "etcdserver: no leader".
    public var errors: [String]

    public init(
        clusterID: UInt64, memberID: UInt64, version: String, leader: UInt64? = nil, isLearner: Bool = false,
        revision: Int64 = 0, raftIndex: UInt64 = 0, raftTerm: UInt64 = 0, databaseSize: Int64 = 0,
        databaseSizeInUse: Int64 = 0, errors: [String] = []
    ) {
        self.clusterID = clusterID
        self.memberID = memberID
        self.version = version
        self.leader = leader
        self.isLearner = isLearner
        self.revision = revision
        self.raftIndex = raftIndex
        self.raftTerm = raftTerm
        self.databaseSize = databaseSize
        self.databaseSizeInUse = databaseSizeInUse
        self.errors = errors
    }
}

public struct EtcdVersion: Sendable, Equatable {
    public var server: String
    public var cluster: String

    public init(server: String, cluster: String) {
        self.server = server
        self.cluster = cluster
    }
}

extension EtcdClient {
    /// The members as the member that answers knows them (without a quorum: as it last knew them).
    public func members() async throws(EtcdError) -> [EtcdMember] {
        let answer: WireMembers = try await gateway.call(
            "/v3/cluster/member/list", WireNothing(), repetition: .harmless)
        return (answer.members ?? []).map(\.typed)
    }

    /// The state of the member behind `endpoint`, which need not be one of the client's own.
    public func status(of endpoint: String) async throws(EtcdError) -> EtcdStatus {
        let request = gateway.post(
            "/v3/maintenance/status", Gateway.encode(WireNothing()), to: endpoint, timeout: gateway.timeout, .harmless)
        let answer: WireStatus = try await gateway.ask(request, at: endpoint)
        return answer.typed
    }

    /// Whether the member behind `endpoint` calls itself healthy: it has a leader and can have a proposal accepted.
    public func isHealthy(_ endpoint: String) async throws(EtcdError) -> Bool {
        let response: HTTPResponse
        do {
            response = try await gateway.http.send(HTTPRequest(url: endpoint + "/health", timeout: gateway.timeout))
        } catch {
            let failure = Failure(endpoint: HTTPError.presentable(endpoint), cause: .transport(error))
            throw .unreachable(tried: [try failure.attempt(isWrite: false, before: [])])
        }
        // 503 is an answer here: {"health":"false"}.
        let body = HTTPResponse(status: 200, body: response.body)
        do {
            return try Gateway.decode(body, from: endpoint, as: WireHealth.self).health == "true"
        } catch {
            throw .malformed(endpoint: error.endpoint, detail: "/health gave HTTP \(response.status)")
        }
    }

    public func version(of endpoint: String) async throws(EtcdError) -> EtcdVersion {
        let request = HTTPRequest(url: endpoint + "/version", timeout: gateway.timeout)
        let answer: WireVersion = try await gateway.ask(request, at: endpoint)
        return EtcdVersion(server: answer.etcdserver, cluster: answer.etcdcluster)
    }
}

struct WireNothing: Encodable {}

struct WireHealth: Decodable {
    var health: String
}

struct WireVersion: Decodable {
    var etcdserver: String
    var etcdcluster: String
}

struct WireMembers: Decodable {
    struct Member: Decodable {
        var id: Decimal<UInt64>
        var name: String?
        var peerURLs: [String]?
        var clientURLs: [String]?
        var isLearner: Bool?

        enum CodingKeys: String, CodingKey {
            case name, peerURLs, clientURLs, isLearner
            case id = "ID"
        }

        var typed: EtcdMember {
            EtcdMember(
                id: id.value, name: name ?? "", peerURLs: peerURLs ?? [], clientURLs: clientURLs ?? [],
                isLearner: isLearner ?? false)
        }
    }

    var members: [Member]?
}

struct WireStatus: Decodable {
    var header: WireHeader
    var version: String
    var leader: Decimal<UInt64>?
    var isLearner: Bool?
    var raftIndex: Decimal<UInt64>?
    var raftTerm: Decimal<UInt64>?
    var dbSize: Decimal<Int64>?
    var dbSizeInUse: Decimal<Int64>?
    var errors: [String]?

    var typed: EtcdStatus {
        EtcdStatus(
            clusterID: header.clusterID?.value ?? 0, memberID: header.memberID?.value ?? 0, version: version,
            leader: leader?.value, isLearner: isLearner ?? false, revision: header.revision?.value ?? 0,
            raftIndex: raftIndex?.value ?? 0, raftTerm: raftTerm?.value ?? 0, databaseSize: dbSize?.value ?? 0,
            databaseSizeInUse: dbSizeInUse?.value ?? 0, errors: errors ?? [])
    }
}
