/// What a probe call needs of SDP (RFC 8866): where one stream of PCMU goes.
struct SessionDescription: Hashable {
    var address: String
    /// 0: the stream was refused.
    var port: Int

    init(address: String, port: Int) {
        self.address = address
        self.port = port
    }

    /// `nil`: it has no audio over an IP address.
    init?(parsing body: [UInt8]) {
        var (session, media): (String?, String?)
        var port: Int?
        for line in String(decoding: body, as: UTF8.self).split(whereSeparator: \.isNewline) {
            let words = line.dropFirst(2).split(separator: " ")
            if line.hasPrefix("m=") {
                // What follows belongs to a second stream.
                if port != nil { break }
                guard words.count >= 4, words[0] == "audio" else { return nil }
                port = Int(words[1])
            } else if line.hasPrefix("c="), words.count == 3, words[0] == "IN" {
                if port == nil { session = String(words[2]) } else { media = String(words[2]) }
            }
        }
        guard let port, (0...65535).contains(port), let address = media ?? session else { return nil }
        self.address = address
        self.port = port
    }

    var text: String {
        let family = address.contains(":") ? "IP6" : "IP4"
        let lines = [
            "v=0", "o=dialtone 1 1 IN \(family) \(address)", "s=dialtone", "c=IN \(family) \(address)", "t=0 0",
            "m=audio \(port) RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=ptime:20", "a=sendrecv",
        ]
        return lines.map { $0 + "\r\n" }.joined()
    }
}
