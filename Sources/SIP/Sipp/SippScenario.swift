/// The scenario by which sipp makes calls: INVITE, answer, ACK, a while, BYE; and a line in its log for whatever happens to a call.
///
/// Lines are `CALL-ID EVENT MILLISECONDS [DETAIL]`: `invited`, `rang`, `answered CONTACT`, `refused STATUS`, `cut` (the other side ended it) and `ended`.
/// What has neither `answered` nor `refused` got no answer. `SippCall` reads them.
public struct SippScenario: Sendable {
    /// Milliseconds that a call lasts from its answer on.
    public var duration: Int
    /// Further header lines of the INVITE.
    public var headers: [SippHeader]
    /// Whether it answers the challenge that every call gets, as `caller` with the password `secret`.
    public var authenticates: Bool

    public init(duration: Int, headers: [SippHeader] = [], authenticates: Bool = false) {
        self.duration = duration
        self.headers = headers
        self.authenticates = authenticates
    }

    /// Final answers that are told apart; others are failures without a status.
    private static let refusals = [
        400, 401, 403, 404, 405, 407, 408, 410, 480, 481, 482, 483, 484, 486, 487, 488, 491, 500, 501,
        502, 503, 504,
        513, 600, 603, 604, 606,
    ]

    private static let target = "sip:[service]@[remote_ip]:[remote_port]"
    private static let media = [
        "v=0", "o=lab 1 1 IN IP4 [local_ip]", "s=-", "c=IN IP4 [media_ip]", "t=0 0",
        "m=audio [media_port] RTP/AVP 0",
        "a=rtpmap:0 PCMU/8000",
    ]

    /// The document.
    public var text: String {
        let first = authenticates ? 2 : 1
        var steps = [Self.element("nop", [:], [Self.action(Self.log("invited"))])]
        steps.append(invite(1))
        if authenticates { steps += challenge }
        if authenticates {
            steps.append(invite(2, ["[authentication username=caller password=secret]"]))
        }
        steps.append(Self.element("recv", ["response": "100", "optional": "true"]))
        for status in ["180", "183"] {
            steps.append(
                Self.element(
                    "recv", ["response": status, "optional": "true"], [Self.action(Self.log("rang"))]))
        }
        for status in Self.refusals {
            steps.append(
                Self.element(
                    "recv", ["response": "\(status)", "optional": "true", "next": "refused"],
                    [Self.action(Self.log("refused", "\(status)"))]))
        }
        let contact = Self.element(
            "ereg",
            ["regexp": "[0-9.]+:[0-9]+", "search_in": "hdr", "header": "Contact:", "assign_to": "1"])
        steps.append(
            Self.element(
                "recv", ["response": "200", "rrs": "true"],
                [Self.action(contact, Self.log("answered", "[$1]"))]))
        steps.append(Self.send(Self.within("ACK", first)))
        steps.append(
            Self.element(
                "recv", ["request": "BYE", "timeout": "\(duration)", "ontimeout": "hangup"],
                [Self.action(Self.log("cut"))]))
        steps.append(
            Self.send(
                [
                    "SIP/2.0 200 OK", "[last_Via:]", "[last_From:]", "[last_To:]", "[last_Call-ID:]",
                    "[last_CSeq:]",
                    "Content-Length: 0",
                ], ["next": "end"]))
        steps.append(Self.element("label", ["id": "hangup"]))
        steps.append(Self.send(Self.within("BYE", first + 1), ["retrans": "500"]))
        steps.append(
            Self.element("recv", ["response": "200", "next": "end"], [Self.action(Self.log("ended"))]))
        steps.append(Self.element("label", ["id": "refused"]))
        steps.append(Self.send(Self.refusalACK(first)))
        steps.append(Self.element("label", ["id": "end"]))
        steps.append(Self.element("nop"))
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n"
        Self.element("scenario", ["name": "calls"], steps).write(to: &text)
        return text
    }

    private func invite(_ sequence: Int, _ more: [String] = []) -> SippXML {
        let head = Self.head("INVITE", sequence, to: Self.target)
        let lines = ["To: <\(Self.target)>", "Contact: <sip:lab@[local_ip]:[local_port]>"] + more
        let body = ["Content-Type: application/sdp", "Content-Length: [len]", ""] + Self.media
        return Self.send(head + lines + headers.map(\.text) + body, ["retrans": "500"])
    }

    private var challenge: [SippXML] {
        [
            Self.element("recv", ["response": "100", "optional": "true"]),
            Self.element("recv", ["response": "401", "auth": "true"]),
            Self.send([
                "ACK \(Self.target) SIP/2.0", "[last_Via:]", "[last_From:]", "[last_To:]",
                "Call-ID: [call_id]",
                "CSeq: 1 ACK", "Max-Forwards: 70", "Content-Length: 0",
            ]),
        ]
    }

    // MARK: Messages

    private static func head(_ method: String, _ sequence: Int, to target: String) -> [String] {
        [
            "\(method) \(target) SIP/2.0",
            "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]",
            "From: \"lab\" <sip:lab@[local_ip]:[local_port]>;tag=[pid]T[call_number]",
            "Call-ID: [call_id]",
            "CSeq: \(sequence) \(method)", "Max-Forwards: 70",
        ]
    }

    private static func within(_ method: String, _ sequence: Int) -> [String] {
        var lines = head(method, sequence, to: "[next_url]")
        lines.insert("[routes]", at: 2)
        return lines + ["To: <\(target)>[peer_tag_param]", "Content-Length: 0"]
    }

    private static func refusalACK(_ sequence: Int) -> [String] {
        head("ACK", sequence, to: target) + ["To: <\(target)>[peer_tag_param]", "Content-Length: 0"]
    }

    // MARK: Elements

    private static func element(
        _ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ children: [SippXML] = []
    ) -> SippXML {
        .element(name, attributes.map { ($0.key, $0.value) }, children)
    }

    private static func send(
        _ lines: [String], _ attributes: KeyValuePairs<String, String> = [:]
    ) -> SippXML {
        element("send", attributes, [.message(lines)])
    }

    private static func action(_ children: SippXML...) -> SippXML { element("action", [:], children) }

    private static func log(_ event: String, _ detail: String? = nil) -> SippXML {
        element("log", ["message": "[call_id] \(event) [clock_tick]" + (detail.map { " \($0)" } ?? "")])
    }
}
