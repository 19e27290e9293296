import FoundationEssentials
import SIP
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct EndpointTests {
    @Test("OPTIONS to an endpoint gives 200 and its version")
    func options() async throws {
        let endpoint = try await SIPEndpoint.start(address: "127.0.0.1", port: 0, version: "20.9.0")
        let answer = await SIPProbe.options(host: "127.0.0.1", port: endpoint.port, timeout: .seconds(2))
        #expect(answer == .answered(status: 200, server: "Asterisk PBX 20.9.0"))
        #expect(answer.isAlive)
        #expect(answer.asteriskVersion == "20.9.0")
        await endpoint.behave(SIPBehaviour(isDraining: true))
        let draining = await SIPProbe.options(host: "127.0.0.1", port: endpoint.port, timeout: .seconds(2))
        #expect(draining == .answered(status: 503, server: "Asterisk PBX 20.9.0"))
        #expect(!draining.isAlive)
        await endpoint.close(hangingUp: false)
    }

    @Test("A closed port, and an address that is none, are no answer with their reason")
    func silent() async throws {
        let endpoint = try await SIPEndpoint.start(address: "127.0.0.1", port: 0, version: "1")
        let port = endpoint.port
        await endpoint.close(hangingUp: false)
        for host in ["127.0.0.1", "no.such.host.invalid", "::zz"] {
            let answer = await SIPProbe.options(host: host, port: port, timeout: .milliseconds(300))
            if host == "127.0.0.1" {
                #expect(answer == .closed)
                continue
            }
            guard case .silent(let reason) = answer else {
                Issue.record("\(host) answered \(answer)")
                continue
            }
            #expect(!reason.isEmpty)
            #expect(!answer.isAlive)
        }
    }

    @Test("A port in use is a typed error that names the address")
    func portTaken() async throws {
        let endpoint = try await SIPEndpoint.start(address: "127.0.0.1", port: 0, version: "1")
        let port = endpoint.port
        let error = await #expect(throws: SIPError.self) {
            try await SIPEndpoint.start(address: "127.0.0.1", port: port, version: "1")
        }
        #expect(error?.description.contains("127.0.0.1:\(port)") == true)
        await endpoint.close(hangingUp: false)
    }

    @Test("sipp's plain caller completes 40 calls, which are known while they last")
    func sipp() async throws {
        let endpoint = try await SIPEndpoint.start(address: "127.0.0.1", port: 0, version: "20.9.0")
        let directory = try TemporaryDirectory()
        let sipp = try ChildProcess(
            [
                "sipp", "-sn", "uac", "-m", "40", "-r", "40", "-d", "500", "-nostdin", "-i", "127.0.0.1",
                "127.0.0.1:\(endpoint.port)",
            ], workingDirectory: directory.path)
        try await eventually("a call is known") { await !endpoint.calls().isEmpty }
        let status = try await sipp.waitForExit(deadline: .seconds(30))
        #expect(status == 0, "\(sipp.output.suffix(2000))")
        try await eventually("no call is left") { await endpoint.calls().isEmpty }
        await endpoint.close(hangingUp: true)
    }
}
