/// Why a call to etcd gave no result.
public enum EtcdError: Error, Sendable, Equatable, CustomStringConvertible {
    /// One endpoint and why it was of no use.
    public struct Attempt: Sendable, Equatable {
        public let endpoint: String
        public let reason: String

        public init(endpoint: String, reason: String) {
            self.endpoint = endpoint
            self.reason = reason
        }
    }

    /// An answer with an error in it.
    public struct Rejection: Sendable, Equatable {
        /// The HTTP status.
        public let status: Int
        /// The gRPC status that etcd's gateway passes on; nil where it answered with plain text.
        public let code: GRPCCode?
        /// etcd's own words.
        public let message: String
        public let endpoint: String

        public init(status: Int, code: GRPCCode?, message: String, endpoint: String) {
            self.status = status
            self.code = code
            self.message = message
            self.endpoint = endpoint
        }
    }

    /// No endpoint could be used. Nothing was changed.
    case unreachable(tried: [Attempt])
    /// A write was sent, and then no answer came that tells whether it took effect: read again before anything is decided.
    case outcomeUnknown(tried: [Attempt])
    /// What was asked for begins at a revision that is compacted away.
    case compacted
    /// The lease has expired, was revoked, or never was.
    case leaseNotFound
    /// etcd has authentication on and did not accept us.
    case unauthenticated(Rejection)
    /// Any other refusal.
    case rejected(Rejection)
    /// An answer that is not etcd's.
    case malformed(endpoint: String, detail: String)
    /// The task was cancelled before anything was sent, or while reading.
    case cancelled

    public var description: String {
        switch self {
        case .unreachable(let tried): "etcd cannot be reached: \(Self.list(tried))"
        case .outcomeUnknown(let tried):
            "etcd did not confirm a write, which may or may not have taken effect: \(Self.list(tried))"
        case .compacted: "etcd: the revision asked for has been compacted"
        case .leaseNotFound: "etcd: the lease does not exist (expired or revoked)"
        case .unauthenticated(let rejection): "etcd asks for authentication: \(rejection)"
        case .rejected(let rejection): "etcd refused: \(rejection)"
        case .malformed(let endpoint, let detail): "\(endpoint) did not answer as etcd does: \(detail)"
        case .cancelled: "the call to etcd was cancelled"
        }
    }

    private static func list(_ tried: [Attempt]) -> String {
        if tried.isEmpty { return "there is no endpoint" }
        return tried.map { "\($0.endpoint): \($0.reason)" }.joined(separator: "; ")
    }
}

extension EtcdError.Rejection: CustomStringConvertible {
    public var description: String {
        "\(endpoint): \(message) (HTTP \(status)\(code.map { ", gRPC \($0.rawValue) \($0)" } ?? ""))"
    }
}

/// gRPC status codes (https://grpc.github.io/grpc/core/md_doc_statuscodes.html).
public enum GRPCCode: Int, Sendable {
    case ok, cancelled, unknown, invalidArgument, deadlineExceeded, notFound, alreadyExists, permissionDenied
    case resourceExhausted, failedPrecondition, aborted, outOfRange, unimplemented, `internal`, unavailable, dataLoss
    case unauthenticated
}

extension EtcdError {
    /// The typed error for an answer. etcd tells errors of one gRPC code apart by text alone (api/v3rpc/rpctypes/error.go).
    init(_ rejection: Rejection) {
        switch (rejection.code, rejection.message) {
        case (.outOfRange, let text) where text.contains("has been compacted"):
            self = .compacted
        case (.notFound, let text) where text.contains("requested lease not found"):
            self = .leaseNotFound
        // Without a token etcd 3.4 says "user name is empty", as an invalid argument.
        case (.unauthenticated, _), (.invalidArgument, "etcdserver: user name is empty"),
            (.invalidArgument, "etcdserver: authentication failed, invalid user ID or password"):
            self = .unauthenticated(rejection)
        default:
            self = .rejected(rejection)
        }
    }
}

extension EtcdError.Rejection {
    /// Whether another endpoint may do better: this one has no leader, stops, or has lost its way to the others.
    var isUnavailable: Bool { code == .unavailable || (code == nil && (502...504).contains(status)) }

    /// Whether etcd surely did nothing. Its other "unavailable" errors, time-outs among them, can come after the proposal was accepted.
    var isBeforeAnyEffect: Bool {
        ["etcdserver: no leader", "etcdserver: unhealthy cluster", "etcdserver: not capable"].contains(message)
    }
}
