import FoundationEssentials

extension EtcdClient {
    /// All keys that begin with `prefix` (the empty one: all keys), read in pages that are pinned to the revision of the first. When that revision is
    /// compacted between two pages, reading begins anew; `compacted` is thrown when that happens again and again.
    public func range(prefix: String, pageSize: Int = 1000) async throws(EtcdError) -> EtcdRange {
        var restarts = 0
        while true {
            do {
                return try await readAllPages(prefix: prefix, pageSize: pageSize)
            } catch .compacted where restarts < 3 {
                restarts += 1
            }
        }
    }

    private func readAllPages(prefix: String, pageSize: Int) async throws(EtcdError) -> EtcdRange {
        var keys = WireKeys(prefix: prefix)
        let first = try await page(WireRange(keys, limit: pageSize))
        var all = first.typed
        var hasMore = first.more ?? false
        while hasMore, let last = all.keyValues.last {
            // The smallest key after the last one.
            keys.key = Data(last.keyBytes + [0])
            let next = try await page(WireRange(keys, limit: pageSize, revision: all.revision))
            all.keyValues += next.typed.keyValues
            hasMore = next.more ?? false
        }
        return all
    }

    /// The key, or nil when it is not there.
    public func get(_ key: String) async throws(EtcdError) -> EtcdKeyValue? {
        try await page(WireRange(WireKeys(key: key))).typed.keyValues.first
    }

    /// How many keys begin with `prefix`, and the store's revision, without reading them.
    public func count(prefix: String) async throws(EtcdError) -> EtcdRange {
        try await page(WireRange(WireKeys(prefix: prefix), countOnly: true)).typed
    }

    private func page(_ range: WireRange) async throws(EtcdError) -> WireRangeAnswer {
        try await gateway.call("/v3/kv/range", range, repetition: .harmless)
    }

    /// Writes the key and returns the revision of that.
    /// - Parameter lease: the key goes when this lease does; without one it loses the lease that it had.
    @discardableResult
    public func put(_ key: String, _ value: [UInt8], lease: Int64? = nil) async throws(EtcdError) -> Int64 {
        let answer: WireAcknowledgement = try await gateway.call(
            "/v3/kv/put", WirePut(key: key, value: value, lease: lease), repetition: .no)
        return answer.header?.revision?.value ?? 0
    }

    /// The same with text.
    @discardableResult
    public func put(_ key: String, _ text: String, lease: Int64? = nil) async throws(EtcdError) -> Int64 {
        try await put(key, Array(text.utf8), lease: lease)
    }

    @discardableResult
    public func delete(_ key: String) async throws(EtcdError) -> EtcdDeletion {
        try await delete(WireKeys(key: key))
    }

    /// Deletes all keys that begin with `prefix`; the empty one means all keys.
    @discardableResult
    public func delete(prefix: String) async throws(EtcdError) -> EtcdDeletion {
        try await delete(WireKeys(prefix: prefix))
    }

    private func delete(_ keys: WireKeys) async throws(EtcdError) -> EtcdDeletion {
        let answer: WireDeleteAnswer = try await gateway.call("/v3/kv/deleterange", WireDelete(keys), repetition: .no)
        return answer.typed
    }
}
