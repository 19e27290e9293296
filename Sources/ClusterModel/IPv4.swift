/// An IPv4 address; ordered and counted as a number.
public struct IPv4: Sendable, Hashable, Comparable, CustomStringConvertible {
    public var number: UInt32

    public init(number: UInt32) {
        self.number = number
    }

    /// Reads dotted-quad text; `nil` for anything else (leading zeros are refused, as `inet_pton` does).
    public init?(_ text: some StringProtocol) {
        // Each object of a cluster has one: read digit by digit.
        var number: UInt32 = 0
        var part: UInt32?
        var dots = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                guard part != 0 else { return nil }
                let value = 10 * (part ?? 0) + UInt32(byte - UInt8(ascii: "0"))
                guard value <= 255 else { return nil }
                part = value
            case UInt8(ascii: "."):
                guard let value = part else { return nil }
                number = number << 8 | value
                part = nil
                dots += 1
            default: return nil
            }
        }
        guard dots == 3, let last = part else { return nil }
        self.number = number << 8 | last
    }

    public var description: String {
        // Each object of a plan has one: written digit by digit.
        String(unsafeUninitializedCapacity: 15) { text in
            var count = 0
            func append(_ byte: UInt8) {
                text[count] = byte
                count += 1
            }
            for shift in [24, 16, 8, 0] as [UInt32] {
                let part = UInt8(number >> shift & 255)
                if part >= 100 { append(UInt8(ascii: "0") + part / 100) }
                if part >= 10 { append(UInt8(ascii: "0") + part / 10 % 10) }
                append(UInt8(ascii: "0") + part % 10)
                if shift > 0 { append(UInt8(ascii: ".")) }
            }
            return count
        }
    }

    public static func < (a: IPv4, b: IPv4) -> Bool { a.number < b.number }

    /// Whether both addresses lie in one network of `prefix` bits.
    public func shares(prefix: Int, with other: IPv4) -> Bool {
        prefix == 0 || (number ^ other.number) >> UInt32(32 - prefix) == 0
    }
}

extension IPv4: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let address = IPv4(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is no IPv4 address")
        }
        self = address
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
