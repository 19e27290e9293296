/// Real calls of sipp (Debian's `sip-tester`) to one SIP address, from a port of its own: INVITE, answer, ACK, a while, BYE.
public struct SippCaller: Sendable {
    public var target: String
    public var service = "100"
    /// Calls a second.
    public var rate = 100
    /// Milliseconds that a call lasts.
    public var duration = 100
    /// Whether it answers the challenge that every call gets.
    public var authenticates = false
    /// Further header lines of the INVITE.
    public var headers: [String] = []

    public init(target: String) {
        self.target = target
    }

    /// What became of the calls.
    public struct Outcome: Sendable {
        /// By the address in the answer's Contact.
        public var answered: [String: Int]
        public var failed: Int
        public var total: Int
        /// What sipp said last.
        public var output: String
    }

    /// Makes the calls, and returns when all have ended.
    public func run(calls: Int, deadline: Duration = .seconds(60)) async throws -> Outcome {
        let directory = try TemporaryDirectory()
        try directory.write(scenario, to: "uac.xml")
        let child = try ChildProcess(
            [
                "sipp", "-sf", directory.file("uac.xml"), "-i", "127.0.0.1", "-p", "\(try freePort())", target,
                "-s", service, "-m", "\(calls)", "-r", "\(rate)", "-d", "\(duration)", "-l", "100000", "-nostdin",
                "-trace_logs", "-log_file", directory.file("log"), "-timeout", "\(deadline.components.seconds)",
            ], environment: ["TERM": "dumb"], workingDirectory: directory.path)
        try await child.waitForExit(deadline: deadline + .seconds(5))
        var answered: [String: Int] = [:]
        for line in readText(directory.file("log")).split(separator: "\n") where line.hasPrefix("ANSWERED ") {
            answered[String(line.dropFirst("ANSWERED ".count)), default: 0] += 1
        }
        return Outcome(
            answered: answered, failed: Self.last("Failed call", child.output), total: calls, output: child.output)
    }

    /// The cumulative number of a line of sipp's last screen.
    private static func last(_ name: String, _ output: String) -> Int {
        let line = output.split(separator: "\n").last { $0.contains(name) } ?? ""
        let column = line.split(separator: "|").last ?? ""
        return Int(column.filter { $0.isNumber }) ?? 0
    }

    /// The challenge, and the same call with credentials.
    private var challenge: String {
        guard authenticates else { return "" }
        return """
              <recv response="100" optional="true"/>
              <recv response="401" auth="true"/>
              <send><![CDATA[
            ACK sip:[service]@[remote_ip]:[remote_port] SIP/2.0
            [last_Via:]
            [last_From:]
            [last_To:]
            Call-ID: [call_id]
            CSeq: 1 ACK
            Max-Forwards: 70
            Content-Length: 0

            ]]></send>
              <send retrans="500"><![CDATA[
            INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
            Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
            From: sipp <sip:caller@[local_ip]:[local_port]>;tag=[pid]T[call_number]
            To: <sip:[service]@[remote_ip]:[remote_port]>
            Call-ID: [call_id]
            CSeq: 2 INVITE
            Contact: <sip:caller@[local_ip]:[local_port]>
            [authentication username=caller password=secret]
            Max-Forwards: 70
            Content-Length: 0

            ]]></send>

            """
    }

    private var scenario: String {
        let more = headers.map { "\($0)\n" }.joined()
        // The INVITE that is answered, and the BYE after it.
        let (invite, bye) = authenticates ? (2, 3) : (1, 2)
        return """
            <?xml version="1.0" encoding="ISO-8859-1" ?>
            <scenario name="a call through a proxy">
              <send retrans="500"><![CDATA[
            INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
            Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
            From: sipp <sip:caller@[local_ip]:[local_port]>;tag=[pid]T[call_number]
            To: <sip:[service]@[remote_ip]:[remote_port]>
            Call-ID: [call_id]
            CSeq: 1 INVITE
            Contact: <sip:caller@[local_ip]:[local_port]>
            Max-Forwards: 70
            \(more)Content-Length: 0

            ]]></send>
            \(challenge)  <recv response="100" optional="true"/>
              <recv response="180" optional="true"/>
              <recv response="183" optional="true"/>
              <recv response="200" rrs="true">
                <action>
                  <ereg regexp="[0-9.]+:[0-9]+" search_in="hdr" header="Contact:" assign_to="1"/>
                  <log message="ANSWERED [$1]"/>
                </action>
              </recv>
              <send><![CDATA[
            ACK [next_url] SIP/2.0
            Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
            [routes]
            From: sipp <sip:caller@[local_ip]:[local_port]>;tag=[pid]T[call_number]
            To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
            Call-ID: [call_id]
            CSeq: \(invite) ACK
            Max-Forwards: 70
            Content-Length: 0

            ]]></send>
              <pause/>
              <send retrans="500"><![CDATA[
            BYE [next_url] SIP/2.0
            Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
            [routes]
            From: sipp <sip:caller@[local_ip]:[local_port]>;tag=[pid]T[call_number]
            To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
            Call-ID: [call_id]
            CSeq: \(bye) BYE
            Max-Forwards: 70
            Content-Length: 0

            ]]></send>
              <recv response="200"/>
            </scenario>

            """
    }
}
