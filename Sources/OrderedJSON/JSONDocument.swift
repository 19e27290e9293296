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

    /// The parser has seen that each escape is whole.
    private static func unescaped(_ raw: UnsafeBufferPointer<UInt8>) -> String? {
        var units: [UInt16] = []
        guard let plain = String(validating: raw, as: UTF8.self) else { return nil }
        var rest = plain.utf16.makeIterator()
        while let unit = rest.next() {
            guard unit == UInt16(UInt8(ascii: "\\")), let kind = rest.next() else {
                units.append(unit)
                continue
            }
            switch UInt8(truncatingIfNeeded: kind) {
            case UInt8(ascii: "b"): units.append(0x08)
            case UInt8(ascii: "t"): units.append(0x09)
            case UInt8(ascii: "n"): units.append(0x0a)
            case UInt8(ascii: "f"): units.append(0x0c)
            case UInt8(ascii: "r"): units.append(0x0d)
            case UInt8(ascii: "u"):
                let digits = (0..<4).compactMap { _ in rest.next().flatMap { Unicode.Scalar($0) } }
                units.append(UInt16(String(String.UnicodeScalarView(digits)), radix: 16) ?? 0xfffd)
            default: units.append(kind)
            }
        }
        // Half a surrogate pair is no character.
        return String(validating: units, as: UTF16.self)
    }
}
