/// Puts what a value encodes into a slot.
struct JSONSlotEncoder: Encoder {
    let slot: JSONSlot
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        slot.content = .object([])
        return KeyedEncodingContainer(Members<Key>(slot: slot))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        slot.content = .list([])
        return Items(slot: slot)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { Single(slot: slot) }

    /// The value in a slot of its own.
    fileprivate static func nested<Value: Encodable>(_ value: Value) throws -> JSONSlot.Value {
        let slot = JSONSlot()
        try value.encode(to: JSONSlotEncoder(slot: slot))
        // What is one value needs no slot to be kept.
        if case .single(let value) = slot.content { return value }
        return .slot(slot)
    }
}

/// An object's members. What has no method of its own here comes to the one for all values.
private struct Members<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let slot: JSONSlot
    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) { slot.append(.null, forKey: key.stringValue) }
    func encode(_ value: Bool, forKey key: Key) { slot.append(.truth(value), forKey: key.stringValue) }
    func encode(_ value: String, forKey key: Key) { slot.append(.text(value), forKey: key.stringValue) }
    func encode(_ value: Int, forKey key: Key) { slot.append(.number(Int64(value)), forKey: key.stringValue) }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        slot.append(try JSONSlotEncoder.nested(value), forKey: key.stringValue)
    }

    private func child(_ key: String) -> JSONSlotEncoder {
        let child = JSONSlot()
        slot.append(.slot(child), forKey: key)
        return JSONSlotEncoder(slot: child)
    }

    func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type, forKey key: Key) -> KeyedEncodingContainer<Inner> {
        child(key.stringValue).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        child(key.stringValue).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { child("super") }
    func superEncoder(forKey key: Key) -> any Encoder { child(key.stringValue) }
}

/// A list's items.
private struct Items: UnkeyedEncodingContainer {
    let slot: JSONSlot
    var codingPath: [any CodingKey] { [] }

    var count: Int {
        if case .list(let items) = slot.content { items.count } else { 0 }
    }

    func encodeNil() { slot.append(.null) }

    func encode<Value: Encodable>(_ value: Value) throws { slot.append(try JSONSlotEncoder.nested(value)) }

    private func child() -> JSONSlotEncoder {
        let child = JSONSlot()
        slot.append(.slot(child))
        return JSONSlotEncoder(slot: child)
    }

    func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type) -> KeyedEncodingContainer<Inner> {
        child().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { child().unkeyedContainer() }
    func superEncoder() -> any Encoder { child() }
}

/// One value.
private struct Single: SingleValueEncodingContainer {
    let slot: JSONSlot
    var codingPath: [any CodingKey] { [] }

    func encodeNil() { slot.content = .single(.null) }
    func encode(_ value: Bool) { slot.content = .single(.truth(value)) }
    func encode(_ value: String) { slot.content = .single(.text(value)) }
    func encode(_ value: Int) { slot.content = .single(.number(Int64(value))) }
    func encode(_ value: Int64) { slot.content = .single(.number(value)) }

    /// A number of another size would come here for ever: none is in what we write.
    func encode<Value: Encodable>(_ value: Value) throws {
        if let number = value as? any BinaryInteger {
            slot.content = .single(.number(Int64(number)))
        } else if value is any BinaryFloatingPoint {
            throw EncodingError.invalidValue(
                value, EncodingError.Context(codingPath: [], debugDescription: "a fraction has no canonical text"))
        } else {
            slot.content = .single(try JSONSlotEncoder.nested(value))
        }
    }
}
