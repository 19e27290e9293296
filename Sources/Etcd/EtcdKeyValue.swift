/// A key and its value at one revision.
public struct EtcdKeyValue: Sendable, Equatable {
    public var keyBytes: [UInt8]
    public var value: [UInt8]
    /// The revision that created the key (since it was last deleted).
    public var createRevision: Int64
    /// The revision of the last change.
    public var modRevision: Int64
    /// Changes since creation, 1 for a new key; 0 in the event of a deletion.
    public var version: Int64
    /// The lease that the key lives by, 0 for none.
    public var lease: Int64

    public init(
        keyBytes: [UInt8], value: [UInt8] = [], createRevision: Int64 = 0, modRevision: Int64 = 0, version: Int64 = 0,
        lease: Int64 = 0
    ) {
        self.keyBytes = keyBytes
        self.value = value
        self.createRevision = createRevision
        self.modRevision = modRevision
        self.version = version
        self.lease = lease
    }

    /// The key as text; bytes that are no UTF-8 are replaced.
    public var key: String { String(decoding: keyBytes, as: UTF8.self) }
    /// The value as text, nil when it is no UTF-8.
    public var text: String? { String(validating: value, as: UTF8.self) }
}

/// Keys and values, all of one revision.
public struct EtcdRange: Sendable, Equatable {
    /// In the order of their keys.
    public var keyValues: [EtcdKeyValue]
    /// How many keys there are, read or only counted.
    public var count: Int
    /// The store's revision at which this was true; a watch from the next one misses nothing.
    public var revision: Int64

    public init(keyValues: [EtcdKeyValue], count: Int, revision: Int64) {
        self.keyValues = keyValues
        self.count = count
        self.revision = revision
    }
}

public struct EtcdDeletion: Sendable, Equatable {
    /// How many keys were there and are gone now.
    public var deleted: Int
    /// The store's revision after it.
    public var revision: Int64

    public init(deleted: Int, revision: Int64) {
        self.deleted = deleted
        self.revision = revision
    }
}
