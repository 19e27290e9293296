/// OPTIONS by a program that is none of ours.
public enum SIPOptions {
    /// Asks `host:port` once over UDP and gives the whole answer; empty when none comes in a second.
    public static func ask(_ host: String, port: Int = 5060) async throws -> String {
        let script = """
            import socket, sys
            host, port = sys.argv[1], int(sys.argv[2])
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.settimeout(1)
            s.connect((host, port))
            own = "%s:%d" % s.getsockname()
            s.send("\\r\\n".join([
                "OPTIONS sip:%s:%d SIP/2.0" % (host, port), "Via: SIP/2.0/UDP %s;branch=z9hG4bK%s" % (own, own[-5:]),
                "Max-Forwards: 70", "From: <sip:test@%s>;tag=%s" % (own, own[-5:]), "To: <sip:%s:%d>" % (host, port),
                "Call-ID: options-%s" % own, "CSeq: 1 OPTIONS", "Contact: <sip:test@%s>" % own, "Content-Length: 0", "", "",
            ]).encode())
            try:
                print(s.recv(65536).decode())
            except OSError:
                pass
            """
        return try await ChildProcess.run(["python3", "-c", script, host, "\(port)"]).output
    }

    /// The `Server` header of an answer with status 200; `nil` for any other.
    public static func server(_ host: String, port: Int = 5060) async throws -> String? {
        let lines = try await ask(host, port: port).split(whereSeparator: \.isNewline)
        guard lines.first?.hasPrefix("SIP/2.0 200") == true else { return nil }
        return lines.first { $0.hasPrefix("Server: ") }.map { String($0.dropFirst("Server: ".count)) }
    }
}
