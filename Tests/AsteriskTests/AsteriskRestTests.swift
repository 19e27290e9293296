import Foundation
import TestSupport
import Testing

@testable import Asterisk

@Suite(.timeLimit(.minutes(1))) struct AsteriskRestTests {
    /// Asks `ask` of a server that gives one recorded answer to everything.
    private func asking<T>(
        _ answer: RecordedAnswer, credentials: AsteriskRest.Credentials? = nil,
        _ ask: (AsteriskRest) async throws -> T
    ) async throws -> (result: Result<T, any Error>, requests: [ReplayRequest]) {
        let server = try await ReplayServer.start { _ in answer.response }
        let rest = AsteriskRest(url: server.url + "/", credentials: credentials)
        let result: Result<T, any Error>
        do { result = .success(try await ask(rest)) } catch { result = .failure(error) }
        await server.stop()
        return (result, server.requests)
    }

    @Test(
        "The channels of both versions are read with Call-ID, state and time",
        arguments: [
            ("ari-channels-ast16", ["1-1458@127.0.0.10", "1-1459@127.0.0.10"], 1_795_538_893.631),
            ("ari-channels-ast22", ["1-1460@127.0.0.10", "1-1462@127.0.0.10"], 1_795_538_893.631),
        ])
    func channels(file: String, callIDs: [String], first: Double) async throws {
        let answer = try #require(try RecordedAnswer.load(file).first)
        let (result, requests) = try await asking(answer) { try await $0.channels() }
        let channels = try result.get()
        #expect(channels.map(\.protocolID) == callIDs)
        #expect(channels.map(\.state) == ["Up", "Up"])
        #expect(abs(channels[0].creationTime.timeIntervalSince1970 - first) < 0.0005)
        #expect(requests.map(\.target) == ["/ari/channels"])
    }

    @Test("ping gives the version in the Server header", arguments: ["16", "22"])
    func ping(version: String) async throws {
        let answer = try #require(try RecordedAnswer.load("ari-asterisk-ping-ast\(version)").first)
        let (result, requests) = try await asking(answer) { try await $0.ping() }
        #expect(try result.get()?.hasPrefix("\(version).") == true)
        #expect(requests.map(\.target) == ["/ari/asterisk/ping"])
    }

    @Test("info gives version and start", arguments: ["16", "22"])
    func info(version: String) async throws {
        let answer = try #require(try RecordedAnswer.load("ari-asterisk-info-ast\(version)").first)
        let info = try await asking(answer) { try await $0.info() }.result.get()
        #expect(info.version.hasPrefix("\(version)."))
        #expect(Int(info.startupTime.timeIntervalSince1970) == 1_795_538_748)
    }

    @Test("Every recorded refusal is its own error", arguments: ["16", "22"])
    func refusals(version: String) async throws {
        let answers = try RecordedAnswer.load("ari-auth-fail-ast\(version)")
        #expect(answers.map(\.status).prefix(5) == [401, 401, 401, 200, 404])
        for answer in answers where answer.status != 200 {
            let result = try await asking(answer) { try await $0.channels() }.result
            let error = #expect(throws: AsteriskError.self) { try result.get() }
            switch (answer.status, error?.kind) {
            case (401, .unauthorized?), (404, .notFound?): break
            default: Issue.record("\(answer.status) became \(String(describing: error))")
            }
        }
    }

    @Test("Other answers are errors that say what came")
    func others() async throws {
        func text(_ status: Int, _ body: String) async throws -> String {
            let answer = RecordedAnswer(status: status, headers: [:], body: Array(body.utf8))
            let result = try await asking(answer) { try await $0.channels() }.result
            guard case .failure(let error) = result else { return "no error" }
            return "\(error)"
        }
        #expect(try await text(503, "").contains("503: Asterisk is starting"))
        #expect(try await text(500, #"{"message":"Allocation failed"}"#).contains("500 Allocation failed"))
        #expect(try await text(200, "<html>").contains("not as documented"))
        #expect(try await text(200, #"[{"id":"a","state":"Up","creationtime":"soon"}]"#).contains("'soon' is no time"))
        let dead = AsteriskRest(url: "http://127.0.0.1:\(try freePort())")
        await #expect(throws: AsteriskError.self) { try await dead.channels() }
    }

    @Test("Credentials go as basic authentication, and not into any error")
    func credentials() async throws {
        let answer = RecordedAnswer(status: 401, headers: [:], body: [])
        let (result, requests) = try await asking(answer, credentials: .init(user: "lab", password: "se:cret")) {
            try await $0.channels()
        }
        #expect(requests.first?.headers["authorization"] == "Basic bGFiOnNlOmNyZXQ=")
        guard case .failure(let error) = result else { return }
        #expect(!"\(error)".contains("cret"))
    }
}
