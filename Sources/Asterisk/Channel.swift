import FoundationEssentials

/// A channel: one leg of a call. A call that Asterisk ends itself (an echo, an announcement) is one channel.
public struct Channel: Sendable, Hashable, Decodable {
    /// Asterisk's own unique id.
    public var id: String
    /// Of a SIP channel, the Call-ID.
    public var protocolID: String
    /// `Up`, `Ring`, `Ringing`, `Down` and others.
    public var state: String
    public var creationTime: Date

    public init(id: String, protocolID: String, state: String, creationTime: Date) {
        self.id = id
        self.protocolID = protocolID
        self.state = state
        self.creationTime = creationTime
    }

    private enum CodingKeys: String, CodingKey {
        case id, state
        case protocolID = "protocol_id"
        case creationTime = "creationtime"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(String.self, forKey: .id)
        // Versions before 16.23 and 18.9 have no such field.
        protocolID = try container.decodeIfPresent(String.self, forKey: .protocolID) ?? ""
        state = try container.decode(String.self, forKey: .state)
        let text = try container.decode(String.self, forKey: .creationTime)
        guard let time = AsteriskTime.date(text) else {
            throw DecodingError.dataCorruptedError(
                forKey: .creationTime, in: container, debugDescription: "'\(text)' is no time")
        }
        creationTime = time
    }
}

/// What `GET /ari/asterisk/info` tells.
public struct AsteriskInfo: Sendable, Hashable, Decodable {
    /// As `20.9.0`.
    public var version: String
    /// When this process, or this restart of it, began.
    public var startupTime: Date

    private struct System: Decodable {
        var version: String
    }

    private struct Status: Decodable {
        var startupTime: String

        enum CodingKeys: String, CodingKey {
            case startupTime = "startup_time"
        }
    }

    private enum CodingKeys: String, CodingKey {
        case system, status
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        version = try container.decode(System.self, forKey: .system).version
        let text = try container.decode(Status.self, forKey: .status).startupTime
        guard let time = AsteriskTime.date(text) else {
            throw DecodingError.dataCorruptedError(
                forKey: .status, in: container, debugDescription: "'\(text)' is no time")
        }
        startupTime = time
    }
}

/// Asterisk's times: `2026-11-24T16:48:13.631+0000`, with an offset that has no colon.
enum AsteriskTime {
    static func date(_ text: String) -> Date? {
        var rfc = text
        // `Date.ISO8601FormatStyle` reads an offset with a colon only when told so for all; put it into the one form.
        if let sign = rfc.lastIndex(where: { $0 == "+" || $0 == "-" }), rfc[sign...].count == 5 {
            rfc.insert(":", at: rfc.index(sign, offsetBy: 3))
        }
        return (try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(rfc))
            ?? (try? Date.ISO8601FormatStyle().parse(rfc))
    }
}
