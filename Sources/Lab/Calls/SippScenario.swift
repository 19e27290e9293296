/// The scenario by which sipp makes the lab's calls: INVITE, answer, ACK, a while, BYE; and a line in its log for whatever happens to a call.
///
/// Lines are `CALL-ID EVENT MILLISECONDS [DETAIL]`: `invited`, `rang`, `answered CONTACT`, `refused STATUS`, `cut` (the other side ended it) and `ended`.
/// What has neither `answered` nor `refused` got no answer.
struct SippScenario {
    /// Milliseconds that a call lasts from its answer on.
    var duration: Int
    /// Further header lines of the INVITE.
    var headers: [String] = []

    /// Final answers that are told apart; others are failures without a status.
    private static let refusals = [
        400, 401, 403, 404, 405, 407, 408, 410, 480, 481, 482, 483, 484, 486, 487, 488, 491, 500, 501, 502, 503, 504,
        513,
        600, 603, 604, 606,
    ]

    private static func log(_ event: String) -> String {
        "<log message=\"[call_id] \(event)\"/>"
    }

    private static func request(_ method: String, _ sequence: Int, to target: String, _ more: String = "") -> String {
        """
        <![CDATA[

        \(method) \(target) SIP/2.0
        Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
        \(more)From: "lab" <sip:lab@[local_ip]:[local_port]>;tag=[pid]T[call_number]
        """ + "\nCall-ID: [call_id]\nCSeq: \(sequence) \(method)\nMax-Forwards: 70\n"
    }

    var text: String {
        let more = headers.map { "\($0)\n" }.joined()
        let refusals = Self.refusals.map { status in
            """
              <recv response="\(status)" optional="true" next="refused">
                <action>\(Self.log("refused [clock_tick] \(status)"))</action>
              </recv>
            """
        }.joined(separator: "\n")
        let within = "[routes]\n"
        let peer = "To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]\nContent-Length: 0\n\n]]>"
        return """
            <?xml version="1.0" encoding="UTF-8" ?>
            <scenario name="a lab's call">
              <nop><action>\(Self.log("invited [clock_tick]"))</action></nop>
              <send retrans="500">\(Self.request("INVITE", 1, to: "sip:[service]@[remote_ip]:[remote_port]"))\
            To: <sip:[service]@[remote_ip]:[remote_port]>
            Contact: <sip:lab@[local_ip]:[local_port]>
            \(more)Content-Type: application/sdp
            Content-Length: [len]

            v=0
            o=lab 1 1 IN IP4 [local_ip]
            s=-
            c=IN IP4 [media_ip]
            t=0 0
            m=audio [media_port] RTP/AVP 0
            a=rtpmap:0 PCMU/8000

            ]]></send>
              <recv response="100" optional="true"/>
              <recv response="180" optional="true"><action>\(Self.log("rang [clock_tick]"))</action></recv>
              <recv response="183" optional="true"><action>\(Self.log("rang [clock_tick]"))</action></recv>
            \(refusals)
              <recv response="200" rrs="true">
                <action>
                  <ereg regexp="[0-9.]+:[0-9]+" search_in="hdr" header="Contact:" assign_to="1"/>
                  \(Self.log("answered [clock_tick] [$1]"))
                </action>
              </recv>
              <send>\(Self.request("ACK", 1, to: "[next_url]", within))\(peer)</send>
              <recv request="BYE" timeout="\(duration)" ontimeout="hangup">
                <action>\(Self.log("cut [clock_tick]"))</action>
              </recv>
              <send next="end"><![CDATA[

            SIP/2.0 200 OK
            [last_Via:]
            [last_From:]
            [last_To:]
            [last_Call-ID:]
            [last_CSeq:]
            Content-Length: 0

            ]]></send>
              <label id="hangup"/>
              <send retrans="500">\(Self.request("BYE", 2, to: "[next_url]", within))\(peer)</send>
              <recv response="200" next="end"><action>\(Self.log("ended [clock_tick]"))</action></recv>
              <label id="refused"/>
              <send>\(Self.request("ACK", 1, to: "sip:[service]@[remote_ip]:[remote_port]"))\(peer)</send>
              <label id="end"/>
              <nop/>
            </scenario>

            """
    }
}
