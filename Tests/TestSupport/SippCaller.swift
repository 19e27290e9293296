import SIP

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
        /// Calls that were not answered, or did not end as their caller wished.
        public var failed: Int
        public var total: Int
        /// What sipp said last.
        public var output: String
    }

    /// Makes the calls, and returns when all have ended.
    public func run(calls: Int, deadline: Duration = .seconds(60)) async throws -> Outcome {
        let directory = try TemporaryDirectory()
        let scenario = SippScenario(
            duration: duration, headers: headers.compactMap(SippHeader.init), authenticates: authenticates)
        try directory.write(scenario.text, to: "uac.xml")
        let child = try ChildProcess(
            [
                "sipp", "-sf", directory.file("uac.xml"), "-i", "127.0.0.1", "-p", "\(try freePort())", target,
                "-s", service, "-m", "\(calls)", "-r", "\(rate)", "-l", "100000", "-nostdin",
                "-trace_logs", "-log_file", directory.file("log"), "-timeout", "\(deadline.components.seconds)",
            ], environment: ["TERM": "dumb"], workingDirectory: directory.path)
        try await child.waitForExit(deadline: deadline + .seconds(5))
        let seen = SippCall.read(readText(directory.file("log")))
        var answered: [String: Int] = [:]
        for contact in seen.compactMap(\.contact) { answered[contact, default: 0] += 1 }
        return Outcome(
            answered: answered, failed: calls - seen.count { $0.isEnded }, total: calls, output: child.output)
    }
}
