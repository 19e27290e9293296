import FoundationEssentials
import TestSupport
import Testing

@testable import Kamailio

/// What the rendered configuration costs, beside a bare one: the same Kamailio, the same calls, in turn.
@Suite(.serialized) struct CallRateTests {
    private static let isAsked = ProcessInfo.processInfo.environment["DIALTONE_CALLS"] != nil

    /// A dispatcher and nothing else: no draw, no counters, no dialogs, no failover.
    private static func bare(_ kamailio: RealKamailio) -> String {
        let modules = [
            "kex", "corex", "tm", "sl", "rr", "pv", "maxfwd", "textops", "siputils", "dispatcher", "xhttp", "jsonrpcs",
        ]
        return """
            #!KAMAILIO
            debug=2
            children=2
            tcp_children=2
            auto_aliases=no
            tcp_accept_no_cl=yes
            listen=udp:127.0.0.1:\(kamailio.sipPort)
            listen=tcp:127.0.0.1:\(kamailio.rpcPort)
            \(modules.map { "loadmodule \"\($0).so\"" }.joined(separator: "\n"))
            modparam("dispatcher", "list_file", "\(kamailio.listFile)")
            modparam("jsonrpcs", "transport", 1)
            request_route {
                if (is_method("CANCEL")) { if (t_check_trans()) { t_relay(); } exit; }
                if (has_totag()) { if (loose_route()) { t_relay(); } exit; }
                if (is_method("ACK")) { if (t_check_trans()) { t_relay(); } exit; }
                record_route();
                if (!ds_select_dst("1", "4")) { sl_send_reply("503", "None"); exit; }
                t_relay();
            }
            event_route[xhttp:request] { jsonrpc_dispatch(); }

            """
    }

    private static func rendered(_ kamailio: RealKamailio) throws {
        var settings = try KamailioSettings(
            listen: [.init(.udp, host: "127.0.0.1", port: kamailio.sipPort)],
            rpc: .init(.tcp, host: "127.0.0.1", port: kamailio.rpcPort), listFile: kamailio.listFile,
            directory: kamailio.directory.path)
        settings.children = 2
        let configuration = KamailioConfiguration(settings)
        try kamailio.directory.write(configuration.main, to: KamailioConfiguration.mainName)
        try kamailio.directory.write(configuration.route, to: KamailioConfiguration.routeName)
    }

    /// Calls a second, with at most 50 up at once.
    private static func rate(through kamailio: RealKamailio, calls: Int) async throws -> Double {
        let began = ContinuousClock.now
        let caller = try ChildProcess(
            [
                "sipp", "-sn", "uac", "-i", "127.0.0.1", "-p", "\(try freePort())", "127.0.0.1:\(kamailio.sipPort)",
                "-m", "\(calls)", "-r", "100000", "-rp", "1000", "-l", "50", "-d", "0", "-nostdin",
            ], environment: ["TERM": "dumb"], workingDirectory: kamailio.directory.path)
        let status = try await caller.waitForExit(deadline: .seconds(120))
        #expect(status == 0, "\(caller.output.suffix(2000))")
        return Double(calls) / ((ContinuousClock.now - began) / .seconds(1))
    }

    @Test(
        "Calls through the rendered configuration: at least 0.9 of the calls a second of a bare dispatcher configuration",
        .enabled(if: isAsked, "make test-calls measures it"))
    func rate() async throws {
        let port = try freePort()
        let callee = try ChildProcess(
            ["sipp", "-sn", "uas", "-i", "127.0.0.1", "-p", "\(port)", "-nostdin"], environment: ["TERM": "dumb"])
        let (ours, bare) = (try RealKamailio(), try RealKamailio())
        let stable = "1 sip:127.0.0.1:\(port) 0 0 duid=a-asterisk-1\n"
        try bare.directory.write(stable, to: "dispatcher.list")
        try ours.directory.write(
            stable + "9 sip:127.0.0.1:9 0 0 rweight=100;track=1\n", to: "dispatcher.list")
        try bare.directory.write(Self.bare(bare), to: "kamailio.cfg")
        try Self.rendered(ours)
        try await bare.start()
        try await ours.start()
        var ratios: [Double] = []
        var rates: [(Double, Double)] = []
        for round in 0..<7 {
            let first = round % 2 == 0
            let one = try await Self.rate(through: first ? ours : bare, calls: 3000)
            let two = try await Self.rate(through: first ? bare : ours, calls: 3000)
            let pair = first ? (one, two) : (two, one)
            rates.append(pair)
            ratios.append(pair.0 / pair.1)
        }
        let median = ratios.sorted()[ratios.count / 2]
        let (here, floor) = rates.sorted { $0.0 < $1.0 }[rates.count / 2]
        print(
            "calls a second: bare \(Int(floor)), rendered \(Int(here)), ratio \((median * 100).rounded() / 100), of \(ratios)"
        )
        #expect(median >= 0.9, "\(ratios)")
        try await ours.stop()
        try await bare.stop()
        try await callee.stop()
    }
}
