import FoundationEssentials

/// Path and query of a request line, decoded.
struct RequestTarget {
    /// The path's parts between slashes; a part may hold an encoded slash.
    let segments: [String]
    let query: [String: [String]]

    init(_ target: String) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        segments = (parts.first ?? "").split(separator: "/").map { RequestTarget.decoded($0) }
        var query: [String: [String]] = [:]
        for pair in (parts.count == 2 ? parts[1] : "").split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            query[RequestTarget.decoded(sides[0]), default: []].append(
                sides.count == 2 ? RequestTarget.decoded(sides[1]) : "")
        }
        self.query = query
    }

    private static func decoded(_ text: some StringProtocol) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            if byte == UInt8(ascii: "%"), digits.utf8.count == 2, let value = UInt8(digits, radix: 16) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// fleet's page token: limit and page as two little-endian 16 bit numbers in URL-safe base64 (`api/pagination.go`).
struct FleetPageToken {
    struct Problem: Error {
        var message: String
    }

    static let limit = 100
    var page: Int

    init(page: Int) {
        self.page = page
    }

    /// The token of a request; the first page without one.
    init(query values: [String]) throws(Problem) {
        guard values.count <= 1 else { throw Problem(message: "too many values for page token") }
        guard let value = values.first else {
            page = 1
            return
        }
        let standard = String(value.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        guard let data = Data(base64Encoded: standard) else {
            throw Problem(message: "illegal base64 data at input byte 0")
        }
        let bytes = Array(data)
        guard bytes.count >= 4 else { throw Problem(message: bytes.isEmpty ? "EOF" : "unexpected EOF") }
        guard Int(bytes[0]) | Int(bytes[1]) << 8 == Self.limit else {
            throw Problem(message: "token limit must be \(Self.limit)")
        }
        page = Int(bytes[2]) | Int(bytes[3]) << 8
        guard page > 0 else { throw Problem(message: "token page must be greater than zero") }
    }

    var text: String {
        let bytes: [UInt8] = [UInt8(Self.limit), 0, UInt8(page & 255), UInt8(page >> 8 & 255)]
        return String(Data(bytes).base64EncodedString().map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })
    }
}
