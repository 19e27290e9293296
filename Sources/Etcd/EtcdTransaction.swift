/// If all comparisons hold, `success` is done, else `failure`; all of it at one revision.
public struct EtcdTransaction: Sendable, Equatable {
    public var compare: [EtcdComparison]
    public var success: [EtcdOperation]
    public var failure: [EtcdOperation]

    public init(compare: [EtcdComparison] = [], success: [EtcdOperation], failure: [EtcdOperation] = []) {
        self.compare = compare
        self.success = success
        self.failure = failure
    }

    /// Whether neither way changes anything.
    var isReadOnly: Bool {
        (success + failure).allSatisfy {
            switch $0 {
            case .get, .range: true
            case .put, .delete, .deletePrefix: false
            }
        }
    }
}

/// One comparison. Of a key that is not there, revisions and version are 0, and a comparison of the value fails.
public struct EtcdComparison: Sendable, Equatable {
    public enum Subject: Sendable, Equatable {
        case createRevision(Int64)
        case modRevision(Int64)
        case version(Int64)
        case value([UInt8])
    }

    public enum Relation: String, Sendable {
        case equal = "EQUAL"
        case notEqual = "NOT_EQUAL"
        case greater = "GREATER"
        case less = "LESS"
    }

    public var key: String
    public var relation: Relation
    public var subject: Subject

    public init(_ key: String, _ relation: Relation = .equal, _ subject: Subject) {
        self.key = key
        self.relation = relation
        self.subject = subject
    }

    /// The key is not there.
    public static func isAbsent(_ key: String) -> EtcdComparison { .init(key, .equal, .createRevision(0)) }

    /// The key is there and was created by that revision: the way to hold a leader key.
    public static func wasCreated(_ key: String, at revision: Int64) -> EtcdComparison {
        .init(key, .equal, .createRevision(revision))
    }

    /// The key was last changed by that revision.
    public static func isUnchanged(_ key: String, since revision: Int64) -> EtcdComparison {
        .init(key, .equal, .modRevision(revision))
    }
}

public enum EtcdOperation: Sendable, Equatable {
    case put(String, [UInt8], lease: Int64? = nil)
    case delete(String)
    case deletePrefix(String)
    case get(String)
    /// All keys that begin with the prefix, in one piece: for small ranges only.
    case range(prefix: String)

    public static func put(_ key: String, _ text: String, lease: Int64? = nil) -> EtcdOperation {
        .put(key, Array(text.utf8), lease: lease)
    }
}

public struct EtcdTransactionResult: Sendable, Equatable {
    public enum Answer: Sendable, Equatable {
        case put
        case deletion(EtcdDeletion)
        case range(EtcdRange)
    }

    /// Whether the comparisons held.
    public var succeeded: Bool
    /// The store's revision after it.
    public var revision: Int64
    /// One for each operation of the way that was taken, in order.
    public var answers: [Answer]

    public init(succeeded: Bool, revision: Int64, answers: [Answer]) {
        self.succeeded = succeeded
        self.revision = revision
        self.answers = answers
    }
}
