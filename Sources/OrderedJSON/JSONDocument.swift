/// What made bytes no JSON document.
public struct JSONSyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Byte offset, from 0.
    public let offset: Int
    public let message: String

    public var description: String { "byte \(offset): \(message)" }
}

/// A JSON document as it was read (RFC 8259): its values in the order of their text, which stays as it is until somebody asks for it.
///
/// For what is read by the thousand, marks, keys and listings; see `JSONDocument.decode`.
public final class JSONDocument: Sendable {
    /// One value. What is inside of a list or an object follows it; of an object a key and its value in turn.
    struct Node {
        enum Kind {
            case null, truth(Bool), number, list, object
            /// - Parameters:
            ///   - isPlain: without a backslash.
            ///   - isASCII: then it need not be looked through again for what is no UTF-8.
            case text(isPlain: Bool, isASCII: Bool)
        }

        var kind: Kind
        /// The bytes of a number, or those between a text's quotes.
        var start: Int
        var end: Int
        /// Where the next value stands that is not inside of this one.
        var next: Int
    }

    let bytes: [UInt8]
    let nodes: [Node]

    /// Reads all of `bytes`, which is one value.
    public init(_ bytes: [UInt8]) throws(JSONSyntaxError) {
        self.bytes = bytes
        var parser = JSONParser(count: bytes.count)
        let failure = bytes.withUnsafeBufferPointer { text -> JSONSyntaxError? in
            do throws(JSONSyntaxError) {
                try parser.document(text)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
        nodes = parser.nodes
    }

    /// A text with what its escapes stand for; `nil`: it is no UTF-8.
    func text(_ node: Node) -> String? {
        guard case .text(let isPlain, let isASCII) = node.kind else { return nil }
        return bytes.withUnsafeBufferPointer { bytes in
            let raw = UnsafeBufferPointer(rebasing: bytes[node.start..<node.end])
            if !isPlain { return Self.unescaped(raw) }
            return isASCII ? String(decoding: raw, as: UTF8.self) : String(validating: raw, as: UTF8.self)
        }
    }

    /// Whether a key is this one.
    func isKey(_ node: Node, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        guard case .text(isPlain: true, _) = node.kind else { return text(node).map { Array($0.utf8) } == Array(name) }
        guard node.end - node.start == name.count else { return false }
        return bytes.withUnsafeBufferPointer { bytes in
            for index in 0..<name.count where bytes[node.start + index] != name[index] { return false }
            return true
        }
    }

    /// The parser has seen that each escape is whole. None is shorter than what it stands for.
    private static func unescaped(_ raw: UnsafeBufferPointer<UInt8>) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(raw.count)
        var index = 0
        while index < raw.count {
            let start = index
            while index < raw.count, raw[index] != UInt8(ascii: "\\") { index += 1 }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: raw[start..<index]))
            guard index < raw.count else { break }
            let kind = raw[index + 1]
            index += 2
            switch kind {
            case UInt8(ascii: "b"): bytes.append(0x08)
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "n"): bytes.append(0x0a)
            case UInt8(ascii: "f"): bytes.append(0x0c)
            case UInt8(ascii: "r"): bytes.append(0x0d)
            case UInt8(ascii: "u"):
                guard let scalar = scalar(raw, &index) else { return nil }
                bytes.append(contentsOf: String(scalar).utf8)
            default: bytes.append(kind)
            }
        }
        return bytes.withUnsafeBufferPointer { String(validating: $0, as: UTF8.self) }
    }

    /// What stands behind `\u`, a surrogate pair in two escapes. Half a pair is no character.
    private static func scalar(_ raw: UnsafeBufferPointer<UInt8>, _ index: inout Int) -> Unicode.Scalar? {
        let first = unit(raw, &index)
        guard UTF16.isLeadSurrogate(first) else { return Unicode.Scalar(first) }
        guard index + 6 <= raw.count, raw[index] == UInt8(ascii: "\\"), raw[index + 1] == UInt8(ascii: "u") else {
            return nil
        }
        index += 2
        let second = unit(raw, &index)
        guard UTF16.isTrailSurrogate(second) else { return nil }
        return Unicode.Scalar(0x10000 + (UInt32(first) - 0xd800) << 10 + (UInt32(second) - 0xdc00))
    }

    /// Four hexadecimal digits, as the parser has seen.
    private static func unit(_ raw: UnsafeBufferPointer<UInt8>, _ index: inout Int) -> UInt16 {
        defer { index += 4 }
        return raw[index..<index + 4].reduce(0) { $0 << 4 | UInt16($1 & 0xf) + ($1 > UInt8(ascii: "9") ? 9 : 0) }
    }
}
