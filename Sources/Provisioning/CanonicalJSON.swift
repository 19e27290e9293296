/// JSON whose text is a function of the value: keys sorted, no white space, slashes as they are.
///
/// The same bytes as of FoundationEssentials' `JSONEncoder` with `sortedKeys` and `withoutEscapingSlashes`, at a fraction of its time: marks,
/// drives and hashes are made of it, several for each object of a plan.
public enum CanonicalJSON {
    public static func text(_ value: some Encodable) -> String {
        let slot = JSONSlot()
        do {
            try value.encode(to: JSONSlotEncoder(slot: slot))
        } catch {
            // Our values hold strings, whole numbers, and lists and maps of them: nothing that JSON cannot say.
            preconditionFailure("\(type(of: value)) cannot be written as JSON: \(error)")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        slot.write(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A place for one value, filled while it is encoded.
final class JSONSlot {
    enum Value {
        case null
        case truth(Bool)
        case number(Int64)
        case text(String)
        case slot(JSONSlot)
    }

    enum Content {
        case empty
        case single(Value)
        case list([Value])
        case object([(key: String, value: Value)])
    }

    var content = Content.empty

    func append(_ value: Value, forKey key: String) {
        guard case .object(var members) = content else {
            content = .object([(key, value)])
            return
        }
        // Gives the list up meanwhile, so that it is not copied.
        content = .empty
        members.append((key, value))
        content = .object(members)
    }

    func append(_ value: Value) {
        guard case .list(var items) = content else {
            content = .list([value])
            return
        }
        content = .empty
        items.append(value)
        content = .list(items)
    }

    func write(to bytes: inout [UInt8]) {
        switch content {
        case .empty: bytes += "{}".utf8
        case .single(let value): value.write(to: &bytes)
        case .list(let items):
            bytes.append(UInt8(ascii: "["))
            for (index, item) in items.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                item.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                Value.write(member.key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.value.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }
}

extension JSONSlot.Value {
    func write(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes += "null".utf8
        case .truth(let value): bytes += (value ? "true" : "false").utf8
        case .number(let value): bytes += String(value).utf8
        case .text(let value): Self.write(value, to: &bytes)
        case .slot(let slot): slot.write(to: &bytes)
        }
    }

    /// RFC 8259, section 7.
    static func write(_ text: String, to bytes: inout [UInt8]) {
        var text = text
        bytes.append(UInt8(ascii: "\""))
        text.withUTF8 { utf8 in
            // Mostly nothing is to be escaped, and that is seen of many bytes at once.
            var special: UInt8 = 0
            for byte in utf8 {
                special |= (byte < 0x20 ? 1 : 0) | (byte == 0x22 ? 1 : 0) | (byte == 0x5c ? 1 : 0)
            }
            guard special != 0 else { return bytes.append(contentsOf: utf8) }
            var start = 0
            for (index, byte) in utf8.enumerated() where byte < 0x20 || byte == 0x22 || byte == 0x5c {
                bytes += utf8[start..<index]
                start = index + 1
                escape(byte, to: &bytes)
            }
            bytes += utf8[start...]
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func escape(_ byte: UInt8, to bytes: inout [UInt8]) {
        switch byte {
        case 0x22, 0x5c: bytes += [0x5c, byte]
        case 0x08: bytes += #"\b"#.utf8
        case 0x09: bytes += #"\t"#.utf8
        case 0x0a: bytes += #"\n"#.utf8
        case 0x0c: bytes += #"\f"#.utf8
        case 0x0d: bytes += #"\r"#.utf8
        default: bytes += (#"\u00"# + [byte].hexadecimal).utf8
        }
    }
}
