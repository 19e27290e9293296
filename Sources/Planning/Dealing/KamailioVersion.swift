/// A release of Kamailio.
public struct KamailioVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    public var major: Int
    public var minor: Int
    public var patch: Int

    public init(_ major: Int, _ minor: Int, _ patch: Int = 0) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    /// Reads `5.6.3`, also with a suffix such as `6.2.0-dev1`; `nil` for anything else.
    public init?(_ text: String) {
        let plain = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let numbers = plain.split(separator: ".").map { Int($0) }
        guard numbers.count >= 2, let major = numbers[0], let minor = numbers[1] else { return nil }
        self.init(major, minor, numbers.count > 2 ? numbers[2] ?? 0 : 0)
    }

    /// The release whose dealing was measured, and Debian's.
    public static let measured = KamailioVersion(5, 6, 3)

    public var description: String { "\(major).\(minor).\(patch)" }

    public static func < (a: KamailioVersion, b: KamailioVersion) -> Bool {
        (a.major, a.minor, a.patch) < (b.major, b.minor, b.patch)
    }
}
