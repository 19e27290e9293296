import HTTPTransport
import TestSupport

/// A fleet that goes on telling of a unit on a machine that is gone, as a real one does for good (`/state` in the recordings), and is the
/// lab's own otherwise.
struct GhostlyFleet {
    let server: ReplayServer

    /// - Parameter unit: without `.service`; said to run on the machine `deadbeef...`, which is not listed.
    static func start(before fleet: String, unit: String) async throws -> GhostlyFleet {
        let client = HTTPClient()
        let ghost = """
            {"hash":"5a6a42486eea58c9b9278da8288fcf90d6590afe","machineID":"deadbeefdeadbeefdeadbeefdeadbeef",\
            "name":"\(unit).service","systemdActiveState":"active","systemdLoadState":"loaded","systemdSubState":"running"}
            """
        let server = try await ReplayServer.start { request in
            let answer = try await client.send(
                HTTPRequest(
                    method: request.method, url: fleet + request.target, headers: ["Content-Type": "application/json"],
                    body: request.body.isEmpty ? nil : request.body))
            var text = String(decoding: answer.body, as: UTF8.self)
            if request.path.hasSuffix("/state") {
                let states = try JSON(text)["states"].array
                text =
                    states.isEmpty
                    ? #"{"states":[\#(ghost)]}"#
                    : text.replacing(#""states":["#, with: #""states":[\#(ghost),"#)
            }
            return .json(text, status: answer.status)
        }
        return GhostlyFleet(server: server)
    }
}
