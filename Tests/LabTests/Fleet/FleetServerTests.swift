import FoundationEssentials
import TestSupport
import Testing

@testable import Lab

@Suite(.timeLimit(.minutes(1))) struct FleetServerTests {
    @Test("Over TCP and over the unix socket curl sees one fleet, and each request is a line of the log")
    func curl() async throws {
        let directory = try TemporaryDirectory()
        let log = try RequestLog(path: directory.file("requests.log"))
        let host = FleetHost(log: log)
        await host.setMachines([FleetState.machine1])
        let socket = directory.file("fleet.sock")
        let server = try await FleetServer.start(host: host, socket: socket)
        let base = "http://127.0.0.1:\(server.port)/fleet/v1"
        let put = try await ChildProcess.run([
            "curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-X", "PUT", "-H", "Content-Type: application/json",
            "-d",
            #"{"desiredState":"launched","options":[{"section":"Service","name":"ExecStart","value":"/bin/true"}]}"#,
            "\(base)/units/u.service",
        ])
        #expect(put.output == "201")
        let state = try await eventually("the unit runs") { () -> String? in
            let answer = try await ChildProcess.run([
                "curl", "-sS", "--unix-socket", socket, "http://localhost/fleet/v1/state?unitName=u.service",
            ])
            return answer.output.contains("running") ? answer.output : nil
        }
        #expect(state.contains(FleetState.machine1.id))
        let missing = try await ChildProcess.run(["curl", "-sS", "\(base)/units/none.service"])
        #expect(missing.output == #"{"error":{"code":404,"message":"unit does not exist"}}"#)
        let lines = readText(directory.file("requests.log")).split(separator: "\n")
        #expect(
            lines.first?.contains(#""method":"PUT","path":"/fleet/v1/units/u.service","status":201,"time":""#) == true)
        #expect(lines.last?.contains(#""status":404"#) == true)
        await server.stop()
    }
}
