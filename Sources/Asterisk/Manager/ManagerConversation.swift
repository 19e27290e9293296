/// One conversation with AMI, as a value: it logs in, lists the channels, asks each for its SIP Call-ID, and is done. It reads what comes in any
/// pieces, and gives up at what no Asterisk says.
struct ManagerConversation {
    /// A channel as AMI lists it.
    struct Listed: Equatable {
        var id: String
        var name: String
        var state: String
        /// Seconds since it began.
        var age: Int
        /// Empty: not told.
        var callID = ""
    }

    enum Outcome: Equatable {
        case channels([Listed])
        case failed(ManagerError.Kind)
    }

    /// Bytes of all that is read, and of one line. A channel takes some 450 bytes.
    static let longest = 16 << 20
    static let longestLine = 16 << 10
    /// Channels that are asked for their Call-ID; others count each for itself.
    static let mostAsked = 200

    private enum State {
        case greeting
        case loggingIn
        case listing
        /// So many answers are still to come.
        case asking(Int)
        case over
    }

    private let login: [(String, String)]
    private var state = State.greeting
    private var line: [UInt8] = []
    private var message: [String: String] = [:]
    private var count = 0
    private var channels: [Listed] = []

    init(user: String, secret: String) {
        login = [
            ("Action", "Login"), ("ActionID", "login"), ("Username", user), ("Secret", secret), ("Events", "off"),
        ]
    }

    /// Takes what came.
    /// - Returns: what is to be sent, and how it ended, once it has.
    mutating func receive(_ bytes: some Sequence<UInt8>) -> (reply: [UInt8], outcome: Outcome?) {
        var reply: [UInt8] = []
        for byte in bytes {
            count += 1
            guard count <= Self.longest else { return (reply, fail(.unreadable("more than \(Self.longest) bytes"))) }
            guard byte == UInt8(ascii: "\n") else {
                guard line.count < Self.longestLine else {
                    return (reply, fail(.unreadable("a line of more than \(Self.longestLine) bytes")))
                }
                line.append(byte)
                continue
            }
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            let text = String(decoding: line, as: UTF8.self)
            line.removeAll(keepingCapacity: true)
            if let outcome = take(text, &reply) { return (reply, outcome) }
        }
        return (reply, nil)
    }

    private mutating func take(_ text: String, _ reply: inout [UInt8]) -> Outcome? {
        if case .greeting = state {
            guard text.hasPrefix("Asterisk Call Manager") else {
                return fail(.unreadable("no AMI: \(text.prefix(80))"))
            }
            state = .loggingIn
            reply += Self.action(login)
            return nil
        }
        guard text.isEmpty else {
            guard let colon = text.firstIndex(of: ":") else { return nil }
            let value = text[text.index(after: colon)...].drop { $0 == " " }
            // The first one counts: a value cannot bring another.
            let key = String(text[..<colon])
            if message[key] == nil { message[key] = String(value) }
            return nil
        }
        defer { message = [:] }
        return message.isEmpty ? nil : answer(&reply)
    }

    private mutating func answer(_ reply: inout [UInt8]) -> Outcome? {
        switch (state, message["ActionID"] ?? "") {
        case (.loggingIn, "login"):
            guard message["Response"] == "Success" else { return refused() }
            state = .listing
            reply += Self.action([("Action", "CoreShowChannels"), ("ActionID", "list")])
        case (.listing, "list"):
            switch message["Event"] {
            case "CoreShowChannel": channels.append(listed)
            case "CoreShowChannelsComplete":
                guard message["ListItems"].flatMap({ Int($0) }) == channels.count else {
                    return fail(
                        .unreadable("\(channels.count) channels, of \(message["ListItems"]?.prefix(40) ?? "unknown")"))
                }
                return ask(&reply)
            case nil: if message["Response"] != "Success" { return refused() }
            default: return nil
            }
        case (.asking(let left), let id):
            guard message["Response"] != nil, let index = Int(id), channels.indices.contains(index) else { return nil }
            channels[index].callID = message["Value"] ?? ""
            guard left > 1 else { return finish() }
            state = .asking(left - 1)
        default: return nil
        }
        return nil
    }

    private var listed: Listed {
        let parts = (message["Duration"] ?? "").split(separator: ":").compactMap { Int($0) }
        // Hours are not bounded in what Asterisk says, but in what it can have been.
        let age = parts.count == 3 ? parts.reduce(0) { $0 &* 60 &+ $1 } : 0
        return Listed(
            id: message["Uniqueid"] ?? "", name: message["Channel"] ?? "", state: message["ChannelStateDesc"] ?? "",
            age: (0...315_360_000).contains(age) ? age : 0)
    }

    private mutating func ask(_ reply: inout [UInt8]) -> Outcome? {
        let asked = channels.indices.prefix(Self.mostAsked)
        guard !asked.isEmpty else { return finish() }
        state = .asking(asked.count)
        for index in asked {
            reply += Self.action([
                ("Action", "Getvar"), ("ActionID", "\(index)"), ("Channel", channels[index].name),
                ("Variable", "CHANNEL(pjsip,call-id)"),
            ])
        }
        return nil
    }

    private mutating func finish() -> Outcome {
        state = .over
        return .channels(channels)
    }

    private mutating func refused() -> Outcome {
        let text = String((message["Message"] ?? "").prefix(200))
        return switch text {
        // A wrong password sounds otherwise: this is one that drains, whoever asks.
        case "Asterisk is shutting down": fail(.shuttingDown)
        case "Authentication failed": fail(.unauthorized)
        default: fail(.refused(text))
        }
    }

    private mutating func fail(_ kind: ManagerError.Kind) -> Outcome {
        state = .over
        return .failed(kind)
    }

    /// An action in AMI's words; a value cannot break out of its line.
    static func action(_ fields: [(String, String)]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (name, value) in fields {
            bytes += name.utf8
            bytes += ": ".utf8
            bytes += value.utf8.filter { $0 >= 0x20 && $0 != 0x7F }
            bytes += "\r\n".utf8
        }
        return bytes + "\r\n".utf8
    }
}
