import Kamailio
import TestSupport
import Testing

/// Renderings, each of which a real Kamailio has to take.
@Suite struct ConfigurationTests {
    static func settings(
        _ kamailio: RealKamailio, trusted: [String] = []
    ) throws(KamailioSettingsError) -> KamailioSettings {
        try KamailioSettings(
            listen: [.init(.udp, host: "127.0.0.1", port: kamailio.sipPort)],
            rpc: .init(.tcp, host: "127.0.0.1", port: kamailio.rpcPort), listFile: kamailio.listFile,
            directory: kamailio.directory.path, trusted: trusted)
    }

    static func write(_ settings: KamailioSettings, to kamailio: RealKamailio) throws {
        let configuration = KamailioConfiguration(settings)
        try kamailio.directory.write(configuration.main, to: KamailioConfiguration.mainName)
        try kamailio.directory.write(configuration.route, to: KamailioConfiguration.routeName)
        try kamailio.directory.write("8 sip:127.0.0.1:9 32 1000 rule=none\n", to: "dispatcher.list")
    }

    struct Variant: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var change: @Sendable (inout KamailioSettings) throws -> Void
        var trusted: [String] = []
    }

    static let variants = [
        Variant(testDescription: "the defaults", change: { _ in }),
        Variant(testDescription: "trusted networks", change: { _ in }, trusted: ["10.0.0.0/8", "192.168.1.7"]),
        Variant(
            testDescription: "other sets", change: { $0.sets = .init(stable: 11, canary: 12, draw: 19, rules: 18) }),
        Variant(testDescription: "stable falls back", change: { $0.stableFallsBack = true }),
        Variant(
            testDescription: "two addresses",
            change: {
                $0.listen.append(try .init(.udp, host: "127.0.0.2", port: 5070))
                $0.listen.append(try .init(.tcp, host: "127.0.0.2", port: 5070))
            }),
        Variant(
            testDescription: "other timers",
            change: {
                $0.timers = .init(interval: 5, threshold: 3, silence: 1500)
                $0.stickiness = 32
                $0.reloadDelta = 5
            }),
    ]

    @Test("Kamailio takes every rendering", arguments: variants)
    func accepted(_ variant: Variant) async throws {
        let kamailio = try RealKamailio()
        var settings = try Self.settings(kamailio, trusted: variant.trusted)
        try variant.change(&settings)
        try Self.write(settings, to: kamailio)
        let verdict = try await kamailio.check()
        #expect(verdict.isAccepted, "\(verdict.output)")
        #expect(!verdict.output.contains("ERROR"), "\(verdict.output)")
    }

    @Test("a user's pieces stand at their places")
    func custom() async throws {
        let kamailio = try RealKamailio()
        try Self.write(try Self.settings(kamailio), to: kamailio)
        try kamailio.directory.write("loadmodule \"uuid.so\"\n", to: "custom-modules.cfg")
        try kamailio.directory.write("server_header=\"Server: mine\"\n", to: "custom-globals.cfg")
        try kamailio.directory.write("xlog(\"L_INFO\", \"a request\\n\");\n", to: "custom-request.cfg")
        try kamailio.directory.write("route(MINE);\n", to: "custom-invite.cfg")
        try kamailio.directory.write("route[MINE] { xlog(\"L_INFO\", \"a call\\n\"); }\n", to: "custom-routes.cfg")
        let verdict = try await kamailio.check()
        #expect(verdict.isAccepted, "\(verdict.output)")
        try kamailio.directory.write("nonsense(;\n", to: "custom-invite.cfg")
        #expect(try await !kamailio.check().isAccepted, "so the piece was read")
    }

    @Test("what a script could not carry is refused")
    func refused() throws {
        let kamailio = try RealKamailio()
        let sip = try KamailioSettings.Listen(.udp, host: "127.0.0.1", port: 5060)
        let rpc = try KamailioSettings.Listen(.tcp, host: "127.0.0.1", port: 8060)
        func make(
            rpc: KamailioSettings.Listen, list: String = "/l", directory: String = "/d", trusted: [String] = []
        ) throws {
            _ = try KamailioSettings(
                listen: [sip], rpc: rpc, listFile: list, directory: directory, trusted: trusted)
        }
        try make(rpc: rpc)
        #expect(throws: KamailioSettingsError.self) { try make(rpc: .init(.tcp, host: "10.0.0.1", port: 8060)) }
        #expect(throws: KamailioSettingsError.self) { try make(rpc: rpc, list: "/l\"\nloadmodule \"exec.so") }
        #expect(throws: KamailioSettingsError.self) { try make(rpc: rpc, directory: "relative") }
        #expect(throws: KamailioSettingsError.self, "include_file takes no space") {
            try make(rpc: rpc, directory: "/a b")
        }
        #expect(throws: KamailioSettingsError.self) { try make(rpc: rpc, trusted: ["10.0.0.0/33"]) }
        #expect(throws: KamailioSettingsError.self) { try make(rpc: rpc, trusted: ["10.0.0.0/8\") || (\"1"]) }
        #expect(throws: KamailioSettingsError.self) { try KamailioSettings.Listen(.udp, host: "localhost", port: 5060) }
        _ = kamailio
    }

    @Test("the bound within which a hung instance is found, in seconds")
    func bound() {
        #expect(ProbeTimers().detectionBound == 4)
        #expect(ProbeTimers(interval: 5, threshold: 3, silence: 1500).detectionBound == 17)
        #expect(ProbeTimers(interval: 2, threshold: 2, silence: 2000).detectionBound == 6)
    }
}
