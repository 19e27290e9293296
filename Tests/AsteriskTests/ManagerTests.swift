import Foundation
import TestSupport
import Testing

@testable import Asterisk

/// AMI as it was recorded, and as nobody should speak it.
@Suite(.timeLimit(.minutes(1))) struct ManagerTests {
    /// What a recorded server said, one answer for each thing it was sent.
    private func transcript(_ name: String, section: Int = 0) throws -> [String] {
        let url = try #require(Bundle.module.url(forResource: name, withExtension: "txt", subdirectory: "Fixtures"))
        let text = try String(contentsOf: url, encoding: .utf8).replacing("\r\n", with: "\n")
        let part = text.split(separator: "#### ")[section]
        return part.components(separatedBy: "<<< received:\n").dropFirst().map {
            String($0.components(separatedBy: ">>> sent:").first ?? "")
        }
    }

    /// Lets a conversation run with answers that come in pieces of `size` bytes; ActionIDs are put as it gave them.
    private func converse(_ answers: [String], size: Int = 7) -> ManagerConversation.Outcome? {
        var conversation = ManagerConversation(user: "lab", secret: "labsecret")
        var (sent, outcome) = conversation.receive("Asterisk Call Manager/5.0.4\r\n".utf8)
        for answer in answers {
            let ids = String(decoding: sent, as: UTF8.self).matches(of: /ActionID: (.*)\r\n/).map { String($0.1) }
            for id in ids {
                let text = answer.replacing(/ActionID: \d+/, with: "ActionID: \(id)")
                sent = []
                let bytes = Array((text + "\n").replacing("\n", with: "\r\n").utf8)
                for start in stride(from: 0, to: bytes.count, by: size) where outcome == nil {
                    let reply: [UInt8]
                    (reply, outcome) = conversation.receive(bytes[start..<min(start + size, bytes.count)])
                    sent += reply
                }
            }
        }
        return outcome
    }

    @Test(
        "The channels of both versions are counted, and each is asked for its Call-ID",
        arguments: ["ami-counts-ast16", "ami-counts-ast22"], [1, 7, 10_000])
    func channels(file: String, size: Int) throws {
        let answers = try transcript(file)
        let list = try #require(answers.first { $0.contains("CoreShowChannelsComplete") })
        let value = "Response: Success\nActionID: 9\nVariable: CHANNEL(pjsip,call-id)\nValue: 1-1460@127.0.0.10\n"
        guard case .channels(let listed) = converse([answers[0], list, value], size: size) else {
            Issue.record("no channels")
            return
        }
        #expect(listed.count == 2)
        #expect(listed.allSatisfy { $0.callID == "1-1460@127.0.0.10" && $0.state == "Up" && $0.age > 0 })
        #expect(listed.allSatisfy { $0.name.hasPrefix("PJSIP/kamailio-") })
    }

    @Test("None is an answer too")
    func none() {
        let login = "Response: Success\nActionID: 1\nMessage: Authentication accepted\n"
        let list = """
            Response: Success
            ActionID: 1
            EventList: start

            Event: CoreShowChannelsComplete
            ActionID: 1
            EventList: Complete
            ListItems: 0

            """
        #expect(converse([login, list]) == .channels([]))
    }

    @Test(
        "One that drains refuses all, and is not taken for a wrong password",
        arguments: ["ami-while-draining-ast16", "ami-while-draining-ast22"])
    func draining(file: String) throws {
        #expect(converse(try transcript(file)) == .failed(.shuttingDown))
    }

    @Test("A wrong secret is told as such", arguments: ["ami-auth-fail-ast16", "ami-auth-fail-ast22"])
    func wrongSecret(file: String) throws {
        #expect(converse(try transcript(file)) == .failed(.unauthorized))
    }

    @Test("A list that is shorter than it says is none")
    func short() {
        let login = "Response: Success\nActionID: 1\n"
        let list = "Event: CoreShowChannelsComplete\nActionID: 1\nListItems: 9223372036854775808\n"
        #expect(
            converse([login, list])
                == .failed(.unreadable("0 channels, of 9223372036854775808")))
    }

    @Test("A user's words cannot bring another action")
    func injection() {
        let text = String(
            decoding: ManagerConversation.action([("Secret", "x\r\nAction: Command\r\n\r\n")]), as: UTF8.self)
        #expect(text == "Secret: xAction: Command\r\n\r\n")
    }

    /// What a server does with a connection.
    private func asking(_ behaviour: TCPStandIn.Behaviour) async throws -> (String, Duration) {
        let server = try await TCPStandIn.start(behaviour)
        let manager = AsteriskManager(
            host: "127.0.0.1", port: server.port, credentials: .init(user: "lab", secret: "se:cret"),
            timeout: .milliseconds(500))
        let began = ContinuousClock.now
        do {
            let channels = try await manager.channels()
            return ("\(channels.count) channels", ContinuousClock.now - began)
        } catch {
            return ("\(error)", ContinuousClock.now - began)
        }
    }

    @Test("One that floods, stalls or closes is given up within its time, and no secret is told")
    func hostile() async throws {
        let flood = try await asking(
            .flooding(Array("Event: Nonsense\r\nX: \(String(repeating: "y", count: 900))\r\n\r\n".utf8)))
        #expect(flood.0.contains("no AMI"))
        let greeted = "Asterisk Call Manager/5.0.4\r\n"
        let events = try await asking(.greeting(greeted, thenFlooding: Array("Event: X\r\nA: b\r\n\r\n".utf8)))
        #expect(events.0.contains("no answer in 500 ms") || events.0.contains("more than"), "\(events.0)")
        let line = try await asking(.greeting(greeted, thenFlooding: Array(repeating: UInt8(ascii: "z"), count: 4096)))
        #expect(line.0.contains("a line of more than 16384 bytes"))
        let stalled = try await asking(.greeting(greeted, thenFlooding: []))
        #expect(stalled.0.contains("no answer in 500 ms"))
        let closed = try await asking(.closing)
        #expect(closed.0.contains("the connection was closed"), "\(closed.0)")
        for answer in [flood, events, line, stalled, closed] {
            #expect(answer.1 < .seconds(3))
            #expect(!answer.0.contains("cret"))
        }
        let nobody = AsteriskManager(
            host: "127.0.0.1", port: try freePort(), credentials: .init(user: "a", secret: "b"))
        await #expect(throws: ManagerError.self) { try await nobody.channels() }
    }
}
