import ClusterModel
import OrderedJSON

/// Addresses as one text names them: one, or all from a first to a last.
struct AddressRange: Sendable, Hashable {
    var first: IPv4
    var last: IPv4
    /// Bits of the network, where the text tells.
    var prefix: Int?

    /// More is a mistake, and would not be counted quickly.
    static let maximum = 65_536

    var count: Int { Int(last.number - first.number) + 1 }

    /// Reads `A`, `A-B`, `A/P` or `A-B/P`; `nil` for every other form.
    init?(_ text: String) {
        var text = text
        let read = text.withUTF8 { bytes -> AddressRange? in
            var reader = Reader(bytes: bytes)
            guard let first = reader.address() else { return nil }
            var last = first
            if reader.skip("-") {
                guard let end = reader.address() else { return nil }
                last = end
            }
            var prefix: Int?
            if reader.skip("/") {
                guard let bits = reader.number(digits: 2) else { return nil }
                prefix = bits
            }
            return reader.isAtEnd && first <= last ? AddressRange(first: first, last: last, prefix: prefix) : nil
        }
        guard let read else { return nil }
        self = read
    }

    private init(first: IPv4, last: IPv4, prefix: Int?) {
        self.first = first
        self.last = last
        self.prefix = prefix
    }

    /// Over bytes: a list may hold ten thousand of them.
    private struct Reader {
        let bytes: UnsafeBufferPointer<UInt8>
        var index = 0

        var isAtEnd: Bool { index == bytes.count }

        mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
            index += 1
            return true
        }

        /// Decimal digits without a leading zero.
        mutating func number(digits limit: Int) -> Int? {
            let start = index
            var value = 0
            while index < bytes.count, index - start < limit, (48...57).contains(bytes[index]) {
                value = value * 10 + Int(bytes[index] - 48)
                index += 1
            }
            guard index > start, index - start == 1 || bytes[start] != 48 else { return nil }
            return value
        }

        mutating func address() -> IPv4? {
            var address: UInt32 = 0
            for part in 0..<4 {
                if part > 0, !skip(".") { return nil }
                guard let value = number(digits: 3), value < 256 else { return nil }
                address = address << 8 | UInt32(value)
            }
            return IPv4(number: address)
        }
    }
}

extension IPv4 {
    /// Whether a machine can have it: not of "this network" (0/8), multicast, reserved (RFC 6890, RFC 5771).
    var isOfHost: Bool { (1...223).contains(number >> 24) }
}

extension Rule where Value == IPv4 {
    static func address(_ allowed: String) -> Rule {
        Rule<String>.text(Pattern(parts: Pattern.address), allowed).map { text, node, findings in
            guard let range = AddressRange(text) else {
                findings.refuse(node, allowed: allowed)
                return nil
            }
            guard range.first.isOfHost else {
                findings.refuse(node, ", which no machine can have", allowed: allowed)
                return nil
            }
            return range.first
        }
    }
}

extension Rule where Value == [Written<AddressRange>] {
    static let addresses = Rule<AddressRange>.range.oneOrMore
}

extension Rule where Value == AddressRange {
    fileprivate static let range: Rule = {
        let allowed = "an IPv4 address or a range such as 10.0.0.11-10.0.0.20, with /PREFIX or without"
        let pattern = Pattern(
            parts: Pattern.address + [
                .choice([Pattern(parts: [.literal("-")] + Pattern.address), Pattern()]),
                .choice([Pattern(.literal("/"), .run(.digits, 1...2)), Pattern()]),
            ])
        return Rule(
            allowed: allowed, schema: [("type", "string"), ("pattern", .text(pattern.regularExpression))]
        ) { node, findings in
            guard case .scalar(let scalar) = node.value else {
                findings.refuse(node, allowed: allowed)
                return nil
            }
            // What has the form of an address is no number, quoted or not.
            guard let range = AddressRange(scalar.text) else {
                findings.refuse(node, clause(about: scalar.text), allowed: allowed)
                return nil
            }
            if !range.first.isOfHost || !range.last.isOfHost {
                findings.refuse(node, ", which no machine can have", allowed: allowed)
            } else if range.count > AddressRange.maximum {
                findings.refuse(
                    node, ", which are \(range.count) addresses", allowed: "a range of at most \(AddressRange.maximum)")
            } else if let prefix = range.prefix, !(1...30).contains(prefix) {
                findings.refuse(node, ", whose prefix is not from 1 to 30", allowed: allowed)
            } else {
                return range
            }
            return nil
        }
    }()

    /// What is wrong where that is plain to see.
    private static func clause(about text: String) -> String {
        let ends = text.prefix { $0 != "/" }.split(separator: "-", maxSplits: 1).map { AddressRange(String($0)) }
        if ends.count == 2, let first = ends[0], let last = ends[1], first.first > last.first {
            return ", which ends before it begins"
        }
        return text.utf8.contains(UInt8(ascii: ":")) ? ", and IPv6 is not in this version" : ""
    }
}

extension Pattern {
    /// Four numbers; how large they may be is looked at apart.
    static let address: [Part] = [
        .run(.digits, 1...3), .literal("."), .run(.digits, 1...3), .literal("."), .run(.digits, 1...3), .literal("."),
        .run(.digits, 1...3),
    ]
}
