import Asterisk
import FoundationEssentials
import OrderedJSON
import SIP
import Testing

@testable import Agents

@Suite struct DocumentTests {
    static let configuration = AnnouncerConfiguration(
        cluster: "a", name: "a-asterisk-1", address: "10.0.0.11", port: 5060, node: "a-node-1", track: "stable",
        image: "registry.example.net/asterisk:20.9", unit: "abc")

    private let time = Date(timeIntervalSince1970: 1_795_538_893.25)

    @Test("An instance's document is the documented one, schema first")
    func instance() {
        let document = InstanceDocument(configuration: Self.configuration, version: "20.9.0", boot: "b-1", since: time)
        #expect(
            document.text
                == #"{"schema":1,"address":"10.0.0.11","port":5060,"node":"a-node-1","track":"stable","#
                + #""image":"registry.example.net/asterisk:20.9","version":"20.9.0","health":"answering","unit":"abc","#
                + #""boot":"b-1","since":"2026-11-24T16:48:13.250Z"}"#)
    }

    @Test("what a probe call came to stands in it, where one is asked for and known")
    func probe() {
        var document = InstanceDocument(configuration: Self.configuration, version: "20.9.0", boot: "b-1", since: time)
        document.configuration.probe = "9000"
        #expect(!document.text.contains("probe"))
        document.probe = .passed
        #expect(document.text.hasSuffix(#""probe":{"extension":"9000","failure":null}}"#))
        document.probe = .failed("it was answered without media")
        #expect(
            document.text.hasSuffix(#""probe":{"extension":"9000","failure":"it was answered without media"}}"#))
    }

    @Test("Text with quotes, newlines and other alphabets is carried through")
    func escaping() throws {
        let text = "a\"b\\c\n\u{1}é/"
        let json = JSON.object([("k", .text(text))]).compact
        #expect(try JSONDecoder().decode([String: String].self, from: Data(json.utf8)) == ["k": text])
    }

    @Test("Every millisecond is written as itself")
    func milliseconds() {
        for ms in 0..<1000 {
            let time = Date(timeIntervalSince1970: Double(1_795_538_893_000 + ms) / 1000)
            let digits = String(String(1000 + ms).suffix(3))
            #expect(JSON.object([("t", .time(time))]).compact == #"{"t":"2026-11-24T16:48:13.\#(digits)Z"}"#)
        }
    }

    @Test("Calls are counted by Call-ID; the oldest is the oldest channel's; none is null")
    func calls() {
        func channel(_ id: String, _ callID: String, _ seconds: Double) -> Channel {
            Channel(id: id, protocolID: callID, state: "Up", creationTime: time + seconds)
        }
        let channels = [
            channel("1", "x", 5), channel("2", "y", 2), channel("3", "x", 9), channel("4", "", 7),
        ]
        let count = CallCount(channels: channels, source: "ami")
        #expect(count == CallCount(calls: 3, oldest: time + 2, source: "ami", callIDs: ["x", "y"]))
        #expect(
            CountReport(count: .known(count)).text(at: time + 10)
                == #"{"schema":1,"calls":3,"oldest":"2026-11-24T16:48:15.250Z","source":"ami","at":"2026-11-24T16:48:23.250Z"}"#
        )
        #expect(
            CountReport(count: .known(count), after: .init(shares: 7, dispatchers: ["k2": 7, "k1": 6])).text(at: time)
                == #"{"schema":1,"calls":3,"oldest":"2026-11-24T16:48:15.250Z","source":"ami","countedAfter":"#
                + #"{"shares":7,"dispatchers":{"k1":6,"k2":7}},"callIDs":["x","y"],"at":"2026-11-24T16:48:13.250Z"}"#)
        #expect(
            CountReport(count: .unknown("ARI and AMI say nothing")).text(at: time)
                == #"{"schema":1,"calls":null,"unknown":"ARI and AMI say nothing","at":"2026-11-24T16:48:13.250Z"}"#)
    }

    @Test("An instance serves from its first answer until three probes in turn fail, and again from the next answer")
    func history() {
        let yes = OptionsAnswer.answered(status: 200, server: "Asterisk PBX 20.9.0")
        let no = OptionsAnswer.silent(reason: "no answer")
        var history = ProbeHistory(limit: 3)
        var seen: [Bool] = []
        for answer in [no, yes, no, no, yes, no, no, no, no, yes] {
            history.note(answer)
            seen.append(history.isServing)
        }
        #expect(seen == [false, true, true, true, true, true, true, false, false, true])
        #expect(history.version == "20.9.0")
    }

    @Test(
        "What counts as alive",
        arguments: [
            (200, true), (202, true), (401, true), (404, true), (503, false), (500, false), (408, false), (302, false),
        ])
    func alive(status: Int, isAlive: Bool) {
        #expect(OptionsAnswer.answered(status: status, server: nil).isAlive == isAlive)
    }

    @Test("The pause after a failure doubles from half a second to five, and a success ends that")
    func backOff() {
        var backOff = BackOff()
        let pauses = (0..<6).map { _ in backOff.failed(spread: 1) }
        #expect(pauses == [.seconds(0.5), .seconds(1), .seconds(2), .seconds(4), .seconds(5), .seconds(5)])
        backOff.succeeded()
        #expect(backOff.failed(spread: 1) == .seconds(0.5))
    }
}
