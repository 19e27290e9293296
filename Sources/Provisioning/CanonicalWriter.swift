/// Canonical JSON written member by member, without `CanonicalJSON`'s detour over `Encodable`: for what each object of a plan is made of.
/// Whoever writes gives an object's keys in their order, and keys that need no escape.
struct CanonicalWriter {
    private(set) var bytes: [UInt8] = []
    /// Whether what comes next stands behind something.
    private var follows = false

    init() {
        bytes.reserveCapacity(1024)
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    mutating func object(_ members: (inout CanonicalWriter) -> Void) {
        enclose("{", "}", members)
    }

    mutating func list<Item>(_ items: [Item], _ write: (inout CanonicalWriter, Item) -> Void) {
        enclose("[", "]") { json in
            for item in items {
                json.separate()
                write(&json, item)
                json.follows = true
            }
        }
    }

    mutating func member(_ key: StaticString, _ value: (inout CanonicalWriter) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        value(&self)
        follows = true
    }

    mutating func member(_ key: StaticString, _ value: String) { member(key) { $0.value(value) } }
    mutating func member(_ key: StaticString, _ value: [String]) { member(key) { $0.list(value) { $0.value($1) } } }
    mutating func member(_ key: StaticString, _ value: Int) { member(key) { $0.bytes += String(value).utf8 } }
    mutating func member(_ key: StaticString, _ value: Bool) {
        member(key) { $0.bytes += (value ? "true" : "false").utf8 }
    }

    mutating func value(_ text: String) { JSONSlot.Value.write(text, to: &bytes) }

    private mutating func enclose(
        _ opening: Unicode.Scalar, _ closing: Unicode.Scalar, _ write: (inout CanonicalWriter) -> Void
    ) {
        bytes.append(UInt8(ascii: opening))
        follows = false
        write(&self)
        bytes.append(UInt8(ascii: closing))
    }

    private mutating func separate() {
        if follows { bytes.append(UInt8(ascii: ",")) }
    }
}
