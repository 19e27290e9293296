/// A whole Kamailio configuration that deals calls to Asterisk instances: the rendered files, in the settings' directory.
///
/// A user adds pieces of their own in files of the same directory, which are taken where they are there: `custom-globals.cfg`,
/// `custom-modules.cfg` (after the modules), `custom-request.cfg` (in `request_route`, after the limits), `custom-invite.cfg` (for new calls, before
/// they are dealt) and `custom-routes.cfg` (routes of their own).
public struct KamailioConfiguration: Sendable, Hashable {
    public let settings: KamailioSettings

    public static let mainName = "kamailio.cfg"
    public static let routeName = "dialtone-route.cfg"

    public init(_ settings: KamailioSettings) {
        self.settings = settings
    }

    /// `dialtone-route.cfg`
    public var route: String { RouteScript(settings: settings).text }

    /// `kamailio.cfg`
    public var main: String {
        [globals, modules, parameters, requests, rpc].joined(separator: "\n")
    }

    private func custom(_ place: String, indent: String = "") -> String {
        "\(indent)import_file \"\(settings.directory)/custom-\(place).cfg\""
    }

    private var globals: String {
        let listens = (settings.listen + [settings.rpc]).map { "listen=\($0.text)" }.joined(separator: "\n")
        return """
            #!KAMAILIO
            # Rendered by Dialtone; changes are overwritten. Pieces of your own stand in custom-*.cfg beside this file.
            debug=2
            children=\(settings.children)
            tcp_children=2
            auto_aliases=no
            # curl and others send no Content-Length with GET.
            tcp_accept_no_cl=yes
            # The rules of one call are gone through in a loop.
            max_while_loops=300
            \(listens)
            \(custom("globals"))

            """
    }

    private var modules: String {
        let pike = settings.trusted.isEmpty ? [] : ["pike"]
        let names =
            [
                "kex", "corex", "tm", "tmx", "sl", "rr", "pv", "maxfwd", "sanity", "textops", "siputils", "ipops",
                "xlog",
                "htable", "dialog", "dispatcher", "xhttp", "jsonrpcs",
            ] + pike
        return names.map { "loadmodule \"\($0).so\"\n" }.joined()
    }

    private var parameters: String {
        let timers = settings.timers
        let pike =
            settings.trusted.isEmpty
            ? "" : "modparam(\"pike\", \"sampling_time_unit\", 2)\nmodparam(\"pike\", \"reqs_density_per_unit\", 60)\n"
        return """
            # An instance that says nothing is given up after \(timers.silence) ms, and no new call is dealt to it \(timers.detectionBound) s after it fell silent.
            modparam("tm", "fr_timer", \(timers.silence))
            modparam("tm", "fr_inv_timer", 120000)
            modparam("tm", "failure_reply_mode", 3)
            modparam("rr", "enable_full_lr", 1)
            modparam("rr", "append_fromtag", 1)

            modparam("dispatcher", "list_file", "\(settings.listFile)")
            modparam("dispatcher", "flags", 2)
            modparam("dispatcher", "xavp_dst", "_dsdst_")
            modparam("dispatcher", "xavp_ctx", "_dsctx_")
            modparam("dispatcher", "reload_delta", \(settings.reloadDelta))
            modparam("dispatcher", "ds_ping_method", "OPTIONS")
            modparam("dispatcher", "ds_ping_from", "sip:dialtone@\(settings.listen.first?.host ?? settings.rpc.host)")
            modparam("dispatcher", "ds_ping_interval", \(timers.interval))
            # Those that are flagged for it: in any other mode the pseudo-destinations of the draw would be asked too, and found dead.
            modparam("dispatcher", "ds_probing_mode", 3)
            modparam("dispatcher", "ds_probing_threshold", \(timers.threshold))
            modparam("dispatcher", "ds_inactive_threshold", 1)
            # Where an endpoint asks for authentication OPTIONS gets 401, and 404 where its dialplan knows no such user: both are alive.
            modparam("dispatcher", "ds_ping_reply_codes", "class=2;code=401;code=404")

            modparam("dialog", "dlg_match_mode", 1)
            modparam("dialog", "enable_stats", 1)
            modparam("dialog", "profiles_with_value", "\(TrafficCounter.profile)")
            modparam("jsonrpcs", "transport", 1)
            \(pike)\(custom("modules"))

            include_file "\(settings.directory)/\(KamailioConfiguration.routeName)"

            """
    }

    private var requests: String {
        """
        request_route {
            if (!mf_process_maxfwd_header("10")) {
                sl_send_reply("483", "Too Many Hops");
                exit;
            }
            if ($ml > \(settings.longestMessage)) {
                sl_send_reply("513", "Message Too Large");
                exit;
            }
            if (!sanity_check("17895", "7")) { exit; }
        \(flood)\(custom("request", indent: "    "))
            if (is_method("CANCEL")) {
                if (t_check_trans()) { t_relay(); }
                exit;
            }
            if (has_totag()) {
                route(DIALTONE_WITHIN);
                exit;
            }
            if (is_method("ACK")) {
                if (t_check_trans()) { t_relay(); }
                exit;
            }
            if (is_method("OPTIONS")) {
                sl_send_reply("200", "OK");
                exit;
            }
            if (!is_method("INVITE")) {
                append_to_reply("Allow: INVITE, ACK, CANCEL, BYE, OPTIONS\\r\\n");
                append_to_reply("Reason: SIP;cause=405;text=\\"phones come with a later version of Dialtone\\"\\r\\n");
                sl_send_reply("405", "Method Not Allowed");
                exit;
            }
            if (t_check_trans()) { exit; }
            record_route();
        \(custom("invite", indent: "    "))
            route(DIALTONE);
        }

        \(custom("routes"))

        """
    }

    private var flood: String {
        guard !settings.trusted.isEmpty else { return "" }
        let known = settings.trusted.map { "!is_in_subnet(\"$si\", \"\($0)\")" }.joined(separator: " && ")
        return """
                if (\(known)) {
                    if (!pike_check_req()) { exit; }
                }

            """
    }

    private var rpc: String {
        """
        # To this host alone, whatever address HTTP came to.
        event_route[xhttp:request] {
            if ($Ri != "\(settings.rpc.host)" || $Rp != \(settings.rpc.port) || !is_in_subnet("$si", "127.0.0.0/8")) {
                xhttp_reply("403", "Forbidden", "text/plain", "no\\n");
                exit;
            }
            if ($hu =~ "^/RPC") {
                jsonrpc_dispatch();
                exit;
            }
            xhttp_reply("404", "Not Found", "text/plain", "no\\n");
        }

        """
    }
}
