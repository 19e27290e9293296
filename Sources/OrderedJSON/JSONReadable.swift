/// A type that is read member by member: for what comes by the thousand, where `Decodable`'s detours take longer than all the rest.
public protocol JSONReadable: Decodable {
    init(_ json: JSONCursor) throws
}

extension JSONReadable {
    /// - Throws: for every decoder but `JSONDocument`'s own.
    public init(from decoder: any Decoder) throws {
        guard let value = decoder as? JSONValue else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: [], debugDescription: "\(Self.self) is read by JSONDocument alone"))
        }
        try self.init(JSONCursor(value: value))
    }
}

extension JSONDocument {
    /// The document's one value.
    public var root: JSONCursor { JSONCursor(value: JSONValue(document: self, index: 0)) }
}

/// One value of a document, to be looked into.
public struct JSONCursor {
    let value: JSONValue

    /// The value itself.
    public func text() throws -> String { try value.text() }

    /// The member of that name; `nil`: there is none, or it is null.
    public func member(_ name: StaticString) -> JSONCursor? {
        guard case .object = value.node.kind else { return nil }
        let document = value.document
        let name = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        var index = value.index + 1
        while index < value.node.next {
            if document.isKey(document.nodes[index], name) {
                let found = JSONValue(document: document, index: index + 1)
                return found.isNull ? nil : JSONCursor(value: found)
            }
            index = document.nodes[index + 1].next
        }
        return nil
    }

    /// What is said of a value that is something else than `wanted`.
    public func mismatch(_ wanted: String) -> any Error { value.mismatch(wanted) }

    /// The text of that name.
    public func text(_ name: StaticString) throws -> String {
        guard let text = try optionalText(name) else { throw value.mismatch("a text '\(name)'") }
        return text
    }

    public func optionalText(_ name: StaticString) throws -> String? { try member(name)?.value.text() }

    /// One of a few words.
    public func word<Word: RawRepresentable<String>>(_ name: StaticString, as type: Word.Type) throws -> Word {
        guard let word = try optionalWord(name, as: type) else { throw value.mismatch("a word '\(name)'") }
        return word
    }

    public func optionalWord<Word: RawRepresentable<String>>(
        _ name: StaticString, as type: Word.Type
    ) throws -> Word? {
        guard let text = try optionalText(name) else { return nil }
        guard let word = Word(rawValue: text) else { throw value.mismatch("a word '\(name)' that is known") }
        return word
    }

    public func integer(_ name: StaticString) throws -> Int {
        guard let number = member(name) else { throw value.mismatch("a number '\(name)'") }
        return try number.value.integer()
    }

    /// The items of the list of that name, which has to be there.
    public func items<Item>(_ name: StaticString, _ read: (JSONCursor) throws -> Item) throws -> [Item] {
        guard member(name) != nil else { throw value.mismatch("a list '\(name)'") }
        return try list(name, read)
    }

    /// The items of the list of that name; none where there is no such list.
    public func list<Item>(_ name: StaticString, _ read: (JSONCursor) throws -> Item) throws -> [Item] {
        guard let list = member(name)?.value else { return [] }
        guard case .list = list.node.kind else { throw list.mismatch("a list") }
        var items: [Item] = []
        var index = list.index + 1
        while index < list.node.next {
            items.append(try read(JSONCursor(value: JSONValue(document: list.document, index: index))))
            index = list.document.nodes[index].next
        }
        return items
    }

    /// The texts of the object of that name, by their keys.
    public func texts(_ name: StaticString) throws -> [String: String] { try members(name) { try $0.text() } }

    /// The numbers of the object of that name, by their keys.
    public func integers(_ name: StaticString) throws -> [String: Int] { try members(name) { try $0.integer() } }

    private func members<Value>(
        _ name: StaticString, _ read: (JSONValue) throws -> Value
    ) throws -> [String: Value] {
        guard let object = member(name)?.value else { return [:] }
        guard case .object = object.node.kind else { throw object.mismatch("an object") }
        let document = object.document
        var found: [String: Value] = [:]
        var index = object.index + 1
        while index < object.node.next {
            let key = try JSONValue(document: document, index: index).text()
            found[key] = try read(JSONValue(document: document, index: index + 1))
            index = document.nodes[index + 1].next
        }
        return found
    }
}
