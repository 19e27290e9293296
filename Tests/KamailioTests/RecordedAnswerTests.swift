import Foundation
import Kamailio
import TestSupport
import Testing

/// Answers that a real Kamailio 5.6.3 gave, and such as none should give.
@Suite struct RecordedAnswerTests {
    private func fixture(_ name: String) throws -> String {
        let url = try #require(Bundle.module.url(forResource: name, withExtension: nil, subdirectory: "Fixtures"))
        return readText(url.path)
    }

    /// A client of a server that answers every command with that.
    private func answering<Result>(
        _ body: String, status: Int = 200, _ ask: (KamailioClient) async throws -> Result
    ) async throws -> Result {
        let server = try await ReplayServer.start { _ in .json(body, status: status) }
        let client = KamailioClient(url: server.url + "/RPC", timeout: .seconds(1))
        do {
            let result = try await ask(client)
            await server.stop()
            return result
        } catch {
            await server.stop()
            throw error
        }
    }

    @Test("a list is read with its sets in the file's order, states and attributes")
    func list() async throws {
        let sets = try await answering(fixture("dispatcher.list.json")) { try await $0.dispatcherSets() }
        #expect(Set(sets.sets.keys) == [1, 2])
        #expect(sets.sets[1]?.map(\.uri) == ["sip:127.0.1.1:5060", "sip:127.0.1.2:5060"])
        #expect(sets.sets[1]?.map(\.state) == [.active, .active])
        #expect(sets.sets[1]?.first?.attribute("rweight") == "90")
        #expect(sets.sets[2]?.first?.attributes == "duid=a1;maxload=3")
        #expect(sets.sets[2]?.allSatisfy { $0.isProbed } == true)
    }

    @Test("calls, tables and profiles are read")
    func counts() async throws {
        #expect(try await answering(fixture("dlg.stats_active.json")) { try await $0.dialogs() }.ongoing == 7)
        #expect(
            try await answering(fixture("dlg.profile_get_size.json")) {
                try await $0.profileSize("dst", value: "sip:127.0.1.1:5060")
            } == 5)
        #expect(try await answering(fixture("htable.dump.json")) { try await $0.table("t") } == ["a::b": .number(2)])
    }

    @Test("refusals are told apart")
    func refusals() async throws {
        let ongoing = await #expect(throws: KamailioError.self) {
            try await answering(fixture("ongoing-reload.json"), status: 500) { try await $0.reloadDispatcher() }
        }
        #expect(ongoing?.isOngoingReload == true)
        let none = try await answering(fixture("no-destination-sets.json"), status: 500) {
            try await $0.dispatcherSets()
        }
        #expect(none == DispatcherSets())
        let profile = await #expect(throws: KamailioError.self) {
            try await answering(fixture("no-such-profile.json"), status: 404) {
                try await $0.profileSize("nosuch", value: "x")
            }
        }
        #expect(profile?.isOngoingReload == false)
        #expect(profile?.description.contains("404 Profile not found: nosuch") == true)
    }

    @Test(
        "what is no answer is an error, never an empty list",
        arguments: [
            "", "{", "[]", "{}", #"{"result":null}"#, #"{"result":{}}"#, #"{"result":{"RECORDS":{}}}"#,
            #"{"result":{"RECORDS":[{"SET":{"ID":1}}]}}"#, #"{"result":{"RECORDS":[{"SET":{"ID":"1","TARGETS":[]}}]}}"#,
            "<html>", #"{"result":{"RECORDS":[{"SET":{"ID":1,"TARGETS":[{"DEST":{"URI":1}}]}}]}}"#,
        ])
    func rubbish(_ body: String) async throws {
        await #expect(throws: KamailioError.self) {
            try await answering(body) { try await $0.dispatcherSets() }
        }
    }

    @Test("a Kamailio that accepts and says nothing is given up in time")
    func silent() async throws {
        let server = try RawServer(reply: "", then: .silence)
        let client = KamailioClient(url: server.url + "/RPC", timeout: .milliseconds(300))
        let start = ContinuousClock.now
        await #expect(throws: KamailioError.self) { try await client.run() }
        #expect(ContinuousClock.now - start < .seconds(3))
    }

    @Test("nothing that would be another line, or another attribute, can be made")
    func lines() {
        for address in [
            "1.2.3.4", "1.2.3.4:0", "1.2.3.4:70000", "1.2.3.256:5060", "a.b:5060", "1.2.3.4:5060 0", "01.2.3.4:5060",
            "",
        ] {
            #expect(throws: DispatcherLineError.self) { try DispatcherLine(set: 1, address: address, flags: []) }
        }
        for value in ["", "a b", "a;b=c", "a\nb", "a=b", "ä", "a\"", "$var(x)", "a,b"] {
            #expect(throws: DispatcherLineError.self) { try DispatcherLine.Attribute("duid", value) }
        }
        #expect(throws: DispatcherLineError.self) { try DispatcherLine.Attribute("du id", "x") }
        #expect(throws: DispatcherLineError.self) {
            try DispatcherLine(
                set: 1, address: "1.2.3.4:5060", flags: [],
                attributes: [.init("duid", String(repeating: "x", count: 1020))])
        }
    }

    @Test("a list file is replaced whole, with lines of other sets kept")
    func file() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("list")
        let list = DispatcherList([
            try DispatcherLine(
                set: 1, address: "10.0.0.1:5060", flags: .probing, attributes: [.init("duid", "a")])
        ])
        try list.replace(path, keeping: ["77 sip:10.9.9.9:5060 0 0 x=y"])
        #expect(readText(path).hasSuffix("1 sip:10.0.0.1:5060 8 0 duid=a\n77 sip:10.9.9.9:5060 0 0 x=y\n"))
        #expect(throws: DispatcherFileError.self) { try list.replace(directory.file("no/such/place")) }
    }
}
