import FoundationEssentials

extension JSONDocument {
    /// The value as one of our own types, as FoundationEssentials' `JSONDecoder` would read it (bytes are base64) and several times as fast.
    public static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        let document = try JSONDocument(bytes)
        return try JSONValue(document: document, index: 0).decode(type)
    }
}

/// One value of a document: what a type is decoded from.
struct JSONValue: Decoder {
    let document: JSONDocument
    let index: Int

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    var node: JSONDocument.Node { document.nodes[index] }

    var isNull: Bool {
        if case .null = node.kind { true } else { false }
    }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if type == Data.self, let data = Data(base64Encoded: try text()) as? Value { return data }
        return try Value(from: self)
    }

    func text() throws -> String {
        guard let text = document.text(node) else { throw mismatch("a text") }
        return text
    }

    func truth() throws -> Bool {
        guard case .truth(let value) = node.kind else { throw mismatch("true or false") }
        return value
    }

    func integer<Number: FixedWidthInteger>() throws -> Number {
        guard case .number = node.kind,
            let value = Number(String(decoding: document.bytes[node.start..<node.end], as: UTF8.self))
        else { throw mismatch("a whole number of \(Number.bitWidth) bits") }
        return value
    }

    func fraction() throws -> Double {
        guard case .number = node.kind,
            let value = Double(String(decoding: document.bytes[node.start..<node.end], as: UTF8.self))
        else { throw mismatch("a number") }
        return value
    }

    func mismatch(_ wanted: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: [], debugDescription: "byte \(node.start): \(wanted) should stand here"))
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object = node.kind else { throw mismatch("an object") }
        return KeyedDecodingContainer(JSONMembers<Key>(self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .list = node.kind else { throw mismatch("a list") }
        return JSONItems(self)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { JSONSingle(value: self) }
}

/// An object's members.
private struct JSONMembers<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let object: JSONValue
    /// Values by their keys, where they are so many that looking through them each time takes long.
    private let indexByKey: [String: Int]?

    init(_ object: JSONValue) {
        self.object = object
        let document = object.document
        var keys = 0
        var index = object.index + 1
        while index < object.node.next {
            keys += 1
            index = document.nodes[index + 1].next
        }
        guard keys > 24 else {
            indexByKey = nil
            return
        }
        var found: [String: Int] = [:]
        index = object.index + 1
        while index < object.node.next {
            if let key = document.text(document.nodes[index]) { found[key] = index + 1 }
            index = document.nodes[index + 1].next
        }
        indexByKey = found
    }

    var codingPath: [any CodingKey] { [] }

    var allKeys: [Key] {
        var keys: [Key] = []
        var index = object.index + 1
        while index < object.node.next {
            if let key = object.document.text(object.document.nodes[index]).flatMap(Key.init(stringValue:)) {
                keys.append(key)
            }
            index = object.document.nodes[index + 1].next
        }
        return keys
    }

    private func find(_ key: Key) -> JSONValue? {
        var name = key.stringValue
        if let indexByKey {
            return indexByKey[name].map { JSONValue(document: object.document, index: $0) }
        }
        let document = object.document
        return name.withUTF8 { name in
            var index = object.index + 1
            while index < object.node.next {
                if document.isKey(document.nodes[index], name) {
                    return JSONValue(document: document, index: index + 1)
                }
                index = document.nodes[index + 1].next
            }
            return nil
        }
    }

    private func require(_ key: Key) throws -> JSONValue {
        guard let value = find(key) else {
            throw DecodingError.keyNotFound(
                key, .init(codingPath: [], debugDescription: "there is no '\(key.stringValue)'"))
        }
        return value
    }

    /// `nil` where it is not there, or null.
    private func present(_ key: Key) -> JSONValue? { find(key).flatMap { $0.isNull ? nil : $0 } }

    func contains(_ key: Key) -> Bool { find(key) != nil }
    func decodeNil(forKey key: Key) throws -> Bool { try require(key).isNull }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try require(key).truth() }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try require(key).text() }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try require(key).integer() }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try require(key).decode(type)
    }

    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? { try present(key)?.truth() }
    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? { try present(key)?.text() }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? { try present(key)?.integer() }
    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        try present(key)?.decode(type)
    }

    func nestedContainer<Inner: CodingKey>(
        keyedBy type: Inner.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Inner> { try require(key).container(keyedBy: type) }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try require(key).unkeyedContainer()
    }

    func superDecoder() -> any Decoder { object }
    func superDecoder(forKey key: Key) throws -> any Decoder { try require(key) }
}

/// A list's items.
private struct JSONItems: UnkeyedDecodingContainer {
    let list: JSONValue
    private var next: Int
    private(set) var currentIndex = 0
    let count: Int?

    init(_ list: JSONValue) {
        self.list = list
        next = list.index + 1
        var items = 0
        var index = next
        while index < list.node.next {
            items += 1
            index = list.document.nodes[index].next
        }
        count = items
    }

    var codingPath: [any CodingKey] { [] }
    var isAtEnd: Bool { next >= list.node.next }

    private mutating func take() throws -> JSONValue {
        guard !isAtEnd else { throw list.mismatch("one more item") }
        defer {
            next = list.document.nodes[next].next
            currentIndex += 1
        }
        return JSONValue(document: list.document, index: next)
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, JSONValue(document: list.document, index: next).isNull else { return false }
        _ = try take()
        return true
    }

    mutating func decode(_ type: String.Type) throws -> String { try take().text() }
    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try take().decode(type) }

    mutating func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type) throws -> KeyedDecodingContainer<Inner> {
        try take().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try take().unkeyedContainer() }
    mutating func superDecoder() throws -> any Decoder { try take() }
}

/// One value. Numbers of every size come here in the end.
private struct JSONSingle: SingleValueDecodingContainer {
    let value: JSONValue

    var codingPath: [any CodingKey] { [] }

    func decodeNil() -> Bool { value.isNull }
    func decode(_ type: Bool.Type) throws -> Bool { try value.truth() }
    func decode(_ type: String.Type) throws -> String { try value.text() }
    func decode(_ type: Double.Type) throws -> Double { try value.fraction() }
    func decode(_ type: Float.Type) throws -> Float { Float(try value.fraction()) }
    func decode(_ type: Int.Type) throws -> Int { try value.integer() }
    func decode(_ type: Int8.Type) throws -> Int8 { try value.integer() }
    func decode(_ type: Int16.Type) throws -> Int16 { try value.integer() }
    func decode(_ type: Int32.Type) throws -> Int32 { try value.integer() }
    func decode(_ type: Int64.Type) throws -> Int64 { try value.integer() }
    func decode(_ type: UInt.Type) throws -> UInt { try value.integer() }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try value.integer() }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try value.integer() }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try value.integer() }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try value.integer() }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try value.decode(type) }
}
