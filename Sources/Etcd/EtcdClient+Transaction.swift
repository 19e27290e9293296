import FoundationEssentials

extension EtcdClient {
    /// Carries out a transaction. One that only reads may be sent twice; any other ends in `outcomeUnknown` when its answer is lost.
    @discardableResult
    public func transaction(_ transaction: EtcdTransaction) async throws(EtcdError) -> EtcdTransactionResult {
        let answer: WireTransactionAnswer = try await gateway.call(
            "/v3/kv/txn", WireTransaction(transaction), repetition: transaction.isReadOnly ? .harmless : .no)
        return answer.typed
    }
}

struct WireTransaction: Encodable {
    var compare: [WireComparison]
    var success: [WireOperation]
    var failure: [WireOperation]

    init(_ transaction: EtcdTransaction) {
        compare = transaction.compare.map(WireComparison.init)
        success = transaction.success.map(WireOperation.init)
        failure = transaction.failure.map(WireOperation.init)
    }
}

struct WireComparison: Encodable {
    var key: Data
    var result: String
    var target: String
    var createRevision: Decimal<Int64>?
    var modRevision: Decimal<Int64>?
    var version: Decimal<Int64>?
    var value: Data?

    init(_ comparison: EtcdComparison) {
        key = Data(comparison.key.utf8)
        result = comparison.relation.rawValue
        switch comparison.subject {
        case .createRevision(let revision):
            target = "CREATE"
            createRevision = Decimal(revision)
        case .modRevision(let revision):
            target = "MOD"
            modRevision = Decimal(revision)
        case .version(let version):
            target = "VERSION"
            self.version = Decimal(version)
        case .value(let value):
            target = "VALUE"
            self.value = Data(value)
        }
    }

    enum CodingKeys: String, CodingKey {
        case key, result, target, version, value
        case createRevision = "create_revision"
        case modRevision = "mod_revision"
    }
}

struct WireOperation: Encodable {
    var put: WirePut?
    var range: WireRange?
    var delete: WireDelete?

    init(_ operation: EtcdOperation) {
        switch operation {
        case .put(let key, let value, let lease): put = WirePut(key: key, value: value, lease: lease)
        case .delete(let key): delete = WireDelete(WireKeys(key: key))
        case .deletePrefix(let prefix): delete = WireDelete(WireKeys(prefix: prefix))
        case .get(let key): range = WireRange(WireKeys(key: key))
        case .range(let prefix): range = WireRange(WireKeys(prefix: prefix))
        }
    }

    enum CodingKeys: String, CodingKey {
        case put = "requestPut"
        case range = "requestRange"
        case delete = "requestDeleteRange"
    }
}

struct WireTransactionAnswer: Decodable {
    struct Answer: Decodable {
        var range: WireRangeAnswer?
        var delete: WireDeleteAnswer?

        enum CodingKeys: String, CodingKey {
            case range = "response_range"
            case delete = "response_delete_range"
        }

        var typed: EtcdTransactionResult.Answer {
            range.map { .range($0.typed) } ?? delete.map { .deletion($0.typed) } ?? .put
        }
    }

    var header: WireHeader?
    var succeeded: Bool?
    var responses: [Answer]?

    var typed: EtcdTransactionResult {
        EtcdTransactionResult(
            succeeded: succeeded ?? false, revision: header?.revision?.value ?? 0,
            answers: (responses ?? []).map(\.typed))
    }
}
