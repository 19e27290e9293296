import FoundationEssentials
import HTTPTransport
import Kamailio
import TestSupport

/// A real Kamailio that picks destinations when it is asked to over HTTP, and says how often it picked whom.
final class Picker: Sendable {
    let kamailio: RealKamailio
    let client: KamailioClient
    private let http = HTTPClient()

    /// - Parameter list: the list file to start with.
    init(list: String) async throws {
        kamailio = try RealKamailio()
        client = KamailioClient(url: kamailio.rpc)
        try kamailio.directory.write(list, to: "dispatcher.list")
        try kamailio.directory.write(
            """
            #!KAMAILIO
            debug=1
            children=1
            tcp_children=1
            max_while_loops=2000
            tcp_accept_no_cl=yes
            listen=udp:127.0.0.1:\(kamailio.sipPort)
            listen=tcp:127.0.0.1:\(kamailio.rpcPort)
            loadmodule "tm.so"
            loadmodule "sl.so"
            loadmodule "pv.so"
            loadmodule "textops.so"
            loadmodule "htable.so"
            loadmodule "xhttp.so"
            loadmodule "jsonrpcs.so"
            loadmodule "dispatcher.so"
            modparam("jsonrpcs", "transport", 1)
            modparam("dispatcher", "list_file", "\(kamailio.listFile)")
            modparam("dispatcher", "flags", 2)
            modparam("dispatcher", "xavp_dst", "_dsdst_")
            modparam("dispatcher", "reload_delta", 0)
            modparam("htable", "htable", "picks=>size=10;initval=0;")
            request_route { exit; }
            event_route[xhttp:request] {
                if ($hu =~ "^/RPC") { jsonrpc_dispatch(); exit; }
                # /pick/SET/ALGORITHM/COUNT
                $var(set) = $(hu{s.select,2,/});
                $var(algorithm) = $(hu{s.select,3,/});
                $var(count) = $(hu{s.select,4,/}{s.int});
                $var(i) = 0;
                while ($var(i) < $var(count)) {
                    $var(name) = "none";
                    if (ds_select_dst("$var(set)", "$var(algorithm)")) {
                        $var(name) = $(xavp(_dsdst_=>attrs){param.value,duid});
                    }
                    while ($xavp(_dsdst_) != $null) { $xavp(_dsdst_) = $null; }
                    $var(n) = $shtinc(picks=>$var(name));
                    $var(i) = $var(i) + 1;
                }
                xhttp_reply("200", "OK", "text/plain", "done\\n");
            }
            """, to: "kamailio.cfg")
        try await kamailio.start()
    }

    /// Puts another list in force.
    func reload(_ list: String) async throws {
        try kamailio.directory.write(list, to: "dispatcher.list")
        try await client.reloadDispatcher()
    }

    /// How often each name was picked, of so many picks.
    func pick(_ count: Int, set: Int = 1, algorithm: Int) async throws -> [String: Int] {
        let before = try await client.table("picks")
        var left = count
        while left > 0 {
            let answer = try await http.send(
                HTTPRequest(url: "http://127.0.0.1:\(kamailio.rpcPort)/pick/\(set)/\(algorithm)/\(min(left, 1000))"))
            guard answer.status == 200 else { throw Refused(status: answer.status) }
            left -= 1000
        }
        var picks: [String: Int] = [:]
        for (name, value) in try await client.table("picks") {
            let number = (value.number ?? 0) - (before[name]?.number ?? 0)
            if number > 0 { picks[name] = number }
        }
        return picks
    }

    struct Refused: Error {
        var status: Int
    }
}
