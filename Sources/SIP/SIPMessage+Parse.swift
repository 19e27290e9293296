/// Why a datagram is no SIP message.
public enum SIPParseError: Error, Hashable, CustomStringConvertible {
    case empty
    case tooLong(bytes: Int)
    case notText
    case noEndOfHeaders
    case badStartLine(String)
    case badHeader(String)
    case tooManyHeaders
    case missing(header: String)
    case badSequence(String)
    case badContentLength(String)
    case truncatedBody(expected: Int, got: Int)

    public var description: String {
        switch self {
        case .empty: "the datagram is empty (a keepalive)"
        case .tooLong(let bytes): "\(bytes) bytes are more than the \(SIPMessage.longest) that a message may have"
        case .notText: "the header holds a NUL"
        case .noEndOfHeaders: "no empty line ends the headers"
        case .badStartLine(let line): "'\(line)' is neither a request line nor a status line of SIP/2.0"
        case .badHeader(let line): "'\(line)' is no header"
        case .tooManyHeaders: "more than \(SIPMessage.mostHeaders) header lines"
        case .missing(let header): "the header \(header) is missing"
        case .badSequence(let value): "'\(value)' is no CSeq of this message"
        case .badContentLength(let value): "'\(value)' is no Content-Length"
        case .truncatedBody(let expected, let got): "Content-Length says \(expected) bytes, \(got) came"
        }
    }
}

extension SIPMessage {
    /// Bytes; no UDP datagram is longer.
    public static let longest = 65_536
    static let mostHeaders = 256

    /// Names of one letter (RFC 3261 section 7.3.3) and what they stand for.
    private static let compact: [String: String] = [
        "c": "Content-Type", "e": "Content-Encoding", "f": "From", "i": "Call-ID", "k": "Supported",
        "l": "Content-Length", "m": "Contact", "s": "Subject", "t": "To", "v": "Via",
    ]

    /// Reads one datagram.
    ///
    /// Tolerant where RFC 4475 asks for it: bare LF line ends, folded lines, compact names, white space before the colon, bytes that are no UTF-8 (they become U+FFFD), and bytes after the body.
    /// - Throws: `SIPParseError` for whatever cannot be answered: no start line of SIP/2.0, or one of Via, From, To, Call-ID and CSeq not there.
    public init(parsing bytes: [UInt8]) throws(SIPParseError) {
        guard bytes.count <= SIPMessage.longest else { throw .tooLong(bytes: bytes.count) }
        guard bytes.contains(where: { $0 != 13 && $0 != 10 && $0 != 0 }) else { throw .empty }
        let (lines, bodyStart) = try SIPMessage.split(bytes)
        guard let first = lines.first else { throw .empty }
        guard let start = Start(line: first) else { throw .badStartLine(String(first.prefix(80))) }
        var headers: [Header] = []
        for line in lines.dropFirst() {
            guard headers.count < SIPMessage.mostHeaders else { throw .tooManyHeaders }
            headers.append(try SIPMessage.header(line: line))
        }
        self.init(start: start, headers: headers)
        try checkMandatory()
        body = try SIPMessage.body(bytes[bodyStart...], length: header("Content-Length"))
    }

    private func checkMandatory() throws(SIPParseError) {
        for name in ["Via", "From", "To", "Call-ID", "CSeq"] where header(name)?.isEmpty ?? true {
            throw .missing(header: name)
        }
        guard let sequence, method == nil || sequence.method == method else {
            throw .badSequence(header("CSeq") ?? "")
        }
    }

    private static func header(line: String) throws(SIPParseError) -> Header {
        guard let colon = line.firstIndex(of: ":") else { throw .badHeader(String(line.prefix(80))) }
        let name = trimmed(line[..<colon])
        guard !name.isEmpty, name.utf8.allSatisfy({ isToken($0) }) else { throw .badHeader(String(line.prefix(80))) }
        return Header(compact[name.lowercased()] ?? name, trimmed(line[line.index(after: colon)...]))
    }

    private static func body(_ rest: ArraySlice<UInt8>, length: String?) throws(SIPParseError) -> [UInt8] {
        guard let length else { return Array(rest) }
        guard let count = Int(length), count >= 0 else { throw .badContentLength(length) }
        guard count <= rest.count else { throw .truncatedBody(expected: count, got: rest.count) }
        return Array(rest.prefix(count))
    }

    /// The unfolded lines before the empty one, and where the body starts.
    private static func split(_ bytes: [UInt8]) throws(SIPParseError) -> (lines: [String], bodyStart: Int) {
        var lines: [String] = []
        // Empty lines before the start line are skipped (RFC 3261 section 7.5).
        var position = bytes.firstIndex { $0 != 13 && $0 != 10 } ?? bytes.endIndex
        while let end = bytes[position...].firstIndex(of: 10) {
            let line = bytes[position..<end].last == 13 ? bytes[position..<(end - 1)] : bytes[position..<end]
            position = end + 1
            if line.isEmpty { return (lines, position) }
            guard !line.contains(0) else { throw .notText }
            let text = String(decoding: line, as: UTF8.self)
            if line.first == 32 || line.first == 9, lines.count > 1 {
                lines[lines.count - 1] += " " + trimmed(text)
            } else {
                lines.append(text)
            }
        }
        throw .noEndOfHeaders
    }

    /// A character of a token (RFC 3261 section 25.1).
    static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122: true
        default: "-.!%*_+`'~".utf8.contains(byte)
        }
    }
}

extension SIPMessage.Start {
    init?(line: String) {
        let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        if parts.first == "SIP/2.0" {
            guard parts.count >= 2, parts[1].utf8.count == 3, let status = Int(parts[1]), (100...699).contains(status)
            else { return nil }
            self = .response(status: status, reason: parts.count == 3 ? String(parts[2]) : "")
        } else {
            guard parts.count == 3, parts[2] == "SIP/2.0", !parts[0].isEmpty, !parts[1].isEmpty,
                parts[0].utf8.allSatisfy({ SIPMessage.isToken($0) })
            else { return nil }
            self = .request(method: String(parts[0]), uri: String(parts[1]))
        }
    }
}
