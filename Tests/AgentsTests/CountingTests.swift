import Asterisk
import Etcd
import FoundationEssentials
import Kamailio
import OrderedJSON
import SIP
import TestSupport
import Testing

@testable import Agents

/// How many calls there are, from those who know, and from those who lie (PAINS, P21).
@Suite(.timeLimit(.minutes(1))) struct CountingTests {
    /// `calls/<name>`.
    private struct Calls: Decodable, Equatable {
        struct Moment: Decodable, Equatable {
            var shares: Int
            var dispatchers: [String: Int]
        }

        var calls: Int?
        var unknown: String?
        var source: String?
        var countedAfter: Moment?
        var callIDs: [String]?
    }

    private func calls(_ stage: AnnouncerStage) async throws -> Calls? {
        guard let entry = try await stage.client.get(AnnouncerStage.callsKey) else { return nil }
        return try JSONDecoder().decode(Calls.self, from: Data(entry.value))
    }

    private static func channel(_ callID: String) -> String {
        #"[{"id":"1","protocol_id":"\#(callID)","state":"Up","creationtime":"2026-11-24T16:48:13.631+0000"}]"#
    }

    /// An AMI that has so many channels, each with a Call-ID of its own.
    private static func manager(_ channels: Int) -> TCPStandIn.Behaviour {
        .answering(greeting: "Asterisk Call Manager/11.0.0\r\n") { text in
            text.split(separator: "\r\n\r\n").map { action in
                if action.contains("Action: Login") { return "Response: Success\r\nActionID: login\r\n\r\n" }
                if action.contains("Action: CoreShowChannels") {
                    let events = (0..<channels).map {
                        "Event: CoreShowChannel\r\nActionID: list\r\nChannel: PJSIP/x-\($0)\r\nDuration: 00:00:09\r\n\r\n"
                    }
                    return "Response: Success\r\nActionID: list\r\n\r\n" + events.joined()
                        + "Event: CoreShowChannelsComplete\r\nActionID: list\r\nListItems: \(channels)\r\n\r\n"
                }
                guard let id = action.firstMatch(of: /ActionID: (\d+)/)?.1 else { return "" }
                return "Response: Success\r\nActionID: \(id)\r\nValue: call-\(id)\r\n\r\n"
            }.joined()
        }
    }

    @Test("A count of an instance that is held off says after what it was made, again with every acknowledgement")
    func counted() async throws {
        let stage = try await AnnouncerStage.make()
        let member = DispatchStage.Member(name: "a-asterisk-1", address: "127.0.0.1:5060")
        try await stage.client.put("/dialtone/a/shares", DispatchStage.text(6, [member]))
        try await stage.client.put("/dialtone/a/dispatchers/k1", #"{"schema":1,"revision":6}"#)
        stage.announce()
        try await eventually("calls are told") { try await calls(stage)?.calls == 0 }
        #expect(try await calls(stage) == Calls(calls: 0, source: "ari"), "which says nothing of when")
        // A call comes right before it is held off: nobody may take the count from before for the calls' end.
        stage.box.set(Self.channel("late@phone"))
        var draining = member
        draining.state = "draining"
        try await stage.client.put("/dialtone/a/shares", DispatchStage.text(7, [draining]))
        try await eventually("it is counted after that") {
            try await calls(stage)
                == Calls(
                    calls: 1, source: "ari", countedAfter: .init(shares: 7, dispatchers: ["k1": 6]),
                    callIDs: ["late@phone"])
        }
        stage.box.set("[]")
        try await stage.client.put("/dialtone/a/dispatchers/k1", #"{"schema":1,"revision":7}"#)
        try await eventually("and again when the dispatcher has it in force") {
            try await calls(stage)
                == Calls(
                    calls: 0, source: "ari", countedAfter: .init(shares: 7, dispatchers: ["k1": 7]), callIDs: [])
        }
        try await stage.client.put("/dialtone/a/shares", DispatchStage.text(8, [member]))
        try await eventually("back among the others it is told as before") {
            try await calls(stage) == Calls(calls: 0, source: "ari")
        }
        await stage.close()
    }

    @Test("Where ARI stalls, or gives half a document, AMI tells; with both silent the count is unknown, and says why")
    func sources() async throws {
        let stage = try await AnnouncerStage.make()
        var manager: TCPStandIn? = try await TCPStandIn.start(Self.manager(2))
        stage.announce(ami: try #require(manager).port)
        try await eventually("ARI tells") { try await calls(stage) == Calls(calls: 0, source: "ari") }
        stage.box.set(#"[{"id":"1","protocol_id":"x","sta"#)
        try await eventually("AMI tells instead of half a document") {
            try await calls(stage) == Calls(calls: 2, source: "ami")
        }
        stage.box.set("[]")
        try await eventually("ARI tells again") { try await calls(stage)?.source == "ari" }
        stage.box.stall(true)
        try await eventually("AMI tells while ARI stalls") { try await calls(stage)?.source == "ami" }
        withExtendedLifetime(manager) {}
        manager = nil
        try await eventually("nobody tells") { try await calls(stage)?.unknown != nil }
        let unknown = try #require(try await calls(stage))
        #expect(unknown.calls == nil)
        #expect(unknown.unknown?.contains("/ari/channels") == true && unknown.unknown?.contains("AMI at") == true)
        #expect(try await stage.client.get(AnnouncerStage.instanceKey) != nil, "it is still registered: SIP answers")
        stage.box.stall(false)
        try await eventually("ARI tells in the end") { try await calls(stage) == Calls(calls: 0, source: "ari") }
        await stage.close()
    }

    @Test("What a Kamailio tells of dialogs becomes a bounded list without those that are over")
    func dialogs() throws {
        let now = Date(timeIntervalSince1970: 1_795_538_893)
        let many = (0..<1000).map { Dialog(callID: "c\($0)", state: 4, since: 1_795_530_000 + $0) }
        let active = ActiveCalls(
            many + [
                Dialog(callID: String(repeating: "x", count: 65_536), state: 2, since: 1_795_538_890),
                Dialog(callID: "over", state: 5, since: 1_795_538_000),
                Dialog(callID: "from the future", state: 4, since: 1_895_538_000),
            ], at: now)
        #expect(active.count == 1002)
        #expect(active.calls.count == ActiveCalls.most)
        #expect(active.calls[0] == .init(id: "from the future", since: 1_895_538_000, isSettled: true))
        #expect(active.calls[1].id.count == ActiveCalls.longestID && !active.calls[1].isSettled)
        #expect(active.calls.dropFirst(2).allSatisfy { $0.isSettled })
        #expect(active.json.compact.utf8.count < 20_000)
    }

    /// `traffic/<name>`, as far as it is asked for here.
    private struct Traffic: Decodable {
        struct Active: Decodable, Equatable {
            struct Call: Decodable, Equatable {
                var id: String
                var settled: Bool
            }
            var dialogs: Int
            var calls: [Call]
        }
        var active: [String: Active]
    }

    private func active(_ stage: DispatchStage) async throws -> Traffic.Active? {
        guard let entry = try await stage.client.get(DispatchStage.trafficKey) else { return nil }
        return try JSONDecoder().decode(Traffic.self, from: Data(entry.value)).active["a-asterisk-1"]
    }

    @Test(
        "The calls of an instance that is held off are told by Call-ID from a real Kamailio, which forgets them at its restart"
    )
    func real() async throws {
        let stage = try await DispatchStage(endpoints: 2)
        stage.dispatch()
        try await stage.write(1, [stage.member(0), stage.member(1)])
        try await stage.acknowledged(1)
        var caller = stage.caller()
        caller.duration = 9000
        let calls = Task { [caller] in try await caller.run(calls: 6) }
        try await eventually("three calls are on each") {
            let counts = (await stage.endpoints[0].calls().count, await stage.endpoints[1].calls().count)
            return counts == (3, 3)
        }
        try await stage.write(2, [stage.member(0, state: "draining"), stage.member(1)])
        try await stage.acknowledged(2)
        let expected = Set(await stage.endpoints[0].calls().map(\.callID))
        let told = try await eventually("they are told") { try await active(stage) }
        #expect(told.dialogs == 3 && Set(told.calls.map(\.id)) == expected)
        try await eventually("after a while they have settled") {
            try await active(stage)?.calls.allSatisfy(\.settled) == true
        }
        try await stage.kamailio.stop()
        try await stage.kamailio.start()
        try await stage.acknowledged(2)
        try await eventually("it has forgotten them") { try await active(stage)?.dialogs == 0 }
        #expect(await stage.endpoints[0].calls().count == 3, "which are up all the same")
        let outcome = try await calls.value
        #expect(outcome.failed == 0, "and hang up as if nothing had been: \(outcome.output)")
        try await stage.close()
    }
}
