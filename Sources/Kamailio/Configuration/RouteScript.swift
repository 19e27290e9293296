/// `dialtone-route.cfg`: the part of the routing script that deals calls, in the rendered configuration as in one that is not ours.
struct RouteScript {
    let settings: KamailioSettings

    var text: String {
        [head, entry, selection, rules, relay, answers, failures, within].joined(separator: "\n")
    }

    /// Told to the agent beside Kamailio: which version of these routes runs.
    static let version = 1

    private var head: String {
        """
        # Rendered by Dialtone: deals new calls to the instances in the dispatcher's list file. Changes are overwritten.
        #
        # A script that is not Dialtone's includes this file after it has loaded tm, sl, rr, pv, textops, siputils, ipops, htable, dialog and
        # dispatcher, with
        #   modparam("dispatcher", "list_file", ...), modparam("dispatcher", "flags", 2), modparam("dispatcher", "xavp_dst", "_dsdst_"),
        #   modparam("dispatcher", "ds_probing_mode", 3) (or the draw's pseudo-destinations are found dead), modparam("dialog", "profiles_with_value", "\(TrafficCounter.profile)"), and modparam("tm", "fr_timer", \(settings.timers.silence)),
        # and calls route(DIALTONE) for an INVITE without To-tag after record_route(), and route(DIALTONE_WITHIN) for requests with one.
        modparam("htable", "htable", "dialtone=>size=4;initval=0;")
        modparam("htable", "htable", "dialtone_calls=>size=14;autoexpire=\(settings.stickiness);")
        modparam("htable", "htable", "\(TrafficCounter.table)=>size=10;initval=0;")

        event_route[htable:mod-init] {
            $sht(dialtone=>route) = \(RouteScript.version);
            $sht(dialtone=>bound) = \(settings.timers.detectionBound);
        }

        """
    }

    private var entry: String {
        """
        # A call is a Call-ID: sent again, with credentials or without, it goes where it went before, and is counted once.
        route[DIALTONE] {
            # A retransmission is tm's, and nobody else's.
            if (!t_newtran()) { exit; }
            dlg_manage();
            $xavp(dialtone=>state) = 0;
            if ($sht(dialtone_calls=>$ci) != $null) {
                $var(dialtone_before) = $sht(dialtone_calls=>$ci);
                $du = $(var(dialtone_before){s.select,0,|});
                $xavp(dialtone[0]=>name) = $(var(dialtone_before){s.select,1,|});
                $xavp(dialtone[0]=>track) = $(var(dialtone_before){s.select,2,|}{s.int});
                route(DIALTONE_RELAY);
                exit;
            }
            route(DIALTONE_RULES);
            $xavp(dialtone[0]=>how) = "pinned";
            if ($var(dialtone_track) == 0) {
                $xavp(dialtone[0]=>how) = "drawn";
                $var(dialtone_track) = 1;
                if (ds_select_dst("\(settings.sets.draw)", "11")) {
                    $var(dialtone_track) = $(xavp(_dsdst_=>attrs){param.value,track}{s.int});
                }
                route(DIALTONE_FORGET);
            }
            $xavp(dialtone[0]=>track) = $var(dialtone_track);
            $xavp(dialtone[0]=>urgent) = $var(dialtone_urgent);
            route(DIALTONE_SELECT);
            if ($var(dialtone_found) == 0) {
                send_reply("503", "No Asterisk Answers");
                exit;
            }
            route(DIALTONE_NAME);
            $var(dialtone_what) = "calls";
            route(DIALTONE_COUNT);
            $var(dialtone_what) = $xavp(dialtone[0]=>how);
            if ($xavp(dialtone[0]=>spilled) != $null) { $var(dialtone_what) = "spilled"; }
            route(DIALTONE_COUNT);
            route(DIALTONE_RELAY);
            exit;
        }

        # Without this a failover would go on to the destinations of the pick before: the pseudo-destinations, or another track's.
        route[DIALTONE_FORGET] {
            while ($xavp(_dsdst_) != $null) { $xavp(_dsdst_) = $null; }
        }

        # The name of the instance that was picked.
        route[DIALTONE_NAME] {
            $xavp(dialtone[0]=>name) = $(xavp(_dsdst_=>attrs){param.value,duid});
        }

        """
    }

    private var selection: String {
        let fallsBack = settings.stableFallsBack ? "1 == 1" : "$xavp(dialtone[0]=>urgent) == 1"
        return """
            # Picks in the call's track; an empty canary goes to stable, and an empty stable to the canary by policy or in an emergency.
            route[DIALTONE_SELECT] {
                route(DIALTONE_FORGET);
                $var(dialtone_found) = 1;
                if ($xavp(dialtone[0]=>track) == 2) {
                    if (ds_select_dst("\(settings.sets.canary)", "4")) { return; }
                    if ($xavp(dialtone[0]=>spilled) != $null) { $var(dialtone_found) = 0; return; }
                    $xavp(dialtone[0]=>spilled) = 1;
                    $xavp(dialtone[0]=>track) = 1;
                    if (ds_select_dst("\(settings.sets.stable)", "4")) { return; }
                } else {
                    if (ds_select_dst("\(settings.sets.stable)", "4")) { return; }
                    if ($xavp(dialtone[0]=>spilled) != $null) { $var(dialtone_found) = 0; return; }
                    if (\(fallsBack)) {
                        $xavp(dialtone[0]=>spilled) = 1;
                        $xavp(dialtone[0]=>track) = 2;
                        if (ds_select_dst("\(settings.sets.canary)", "4")) { return; }
                    }
                }
                $var(dialtone_found) = 0;
            }

            """
    }

    private var rules: String {
        """
        # Emergency numbers and canary.match, from the list file. Sets the track (0: it is to be drawn) and whether anything that answers will do.
        route[DIALTONE_RULES] {
            $var(dialtone_track) = 0;
            $var(dialtone_urgent) = 0;
            if (!ds_select_dst("\(settings.sets.rules)", "8")) { return; }
            while ($xavp(_dsdst_) != $null && $var(dialtone_track) == 0) {
                $var(dialtone_rule) = $xavp(_dsdst_=>attrs);
                $xavp(_dsdst_) = $null;
                $var(dialtone_kind) = $(var(dialtone_rule){param.value,rule});
                if ($var(dialtone_kind) == "emergency") {
                    if (in_list("$rU", "$(var(dialtone_rule){param.value,numbers})", "/")) {
                        $var(dialtone_urgent) = 1;
                        $var(dialtone_track) = 1;
                    }
                } else if ($var(dialtone_kind) == "match") {
                    route(DIALTONE_MATCH);
                }
            }
            route(DIALTONE_FORGET);
        }

        # One rule: every condition in it must hold.
        route[DIALTONE_MATCH] {
            $var(dialtone_x) = $(var(dialtone_rule){param.value,called});
            if ($var(dialtone_x) != "" && !starts_with("$rU", "$var(dialtone_x)")) { return; }
            $var(dialtone_x) = $(var(dialtone_rule){param.value,caller});
            if ($var(dialtone_x) != "" && !starts_with("$fU", "$var(dialtone_x)")) { return; }
            $var(dialtone_x) = $(var(dialtone_rule){param.value,source});
            if ($var(dialtone_x) != "" && !is_in_subnet("$si", "$var(dialtone_x)")) { return; }
            $var(dialtone_x) = $(var(dialtone_rule){param.value,header});
            if ($var(dialtone_x) != "") {
                if ($hdr($var(dialtone_x)) == $null) { return; }
                $var(dialtone_v) = $(var(dialtone_rule){param.value,value});
                if ($var(dialtone_v) != "" && $hdr($var(dialtone_x)) != $var(dialtone_v)) { return; }
            }
            $var(dialtone_track) = $(var(dialtone_rule){param.value,to}{s.int});
        }

        """
    }

    private var relay: String {
        """
        # Milliseconds, of which only differences mean anything.
        route[DIALTONE_CLOCK] {
            $var(dialtone_now) = ($TV(sn) & 65535) * 1000 + $TV(un) / 1000;
        }

        # Counts for the instance of the call.
        route[DIALTONE_COUNT] {
            $var(dialtone_count) = $xavp(dialtone[0]=>name) + "::" + $var(dialtone_what);
            $var(dialtone_n) = $shtinc(\(TrafficCounter.table)=>$var(dialtone_count));
        }

        # To the instance in $du.
        route[DIALTONE_RELAY] {
            $sht(dialtone_calls=>$ci) = $du + "|" + $xavp(dialtone[0]=>name) + "|" + $xavp(dialtone[0]=>track);
            set_dlg_profile("\(TrafficCounter.profile)", "$xavp(dialtone[0]=>name)");
            $dlg_var(dialtone) = $xavp(dialtone[0]=>name);
            $xavp(dialtone[0]=>to) = $du;
            $xavp(dialtone[0]=>rang) = 0;
            $xavp(dialtone[0]=>answered) = 0;
            $var(dialtone_what) = "attempts";
            route(DIALTONE_COUNT);
            route(DIALTONE_CLOCK);
            $xavp(dialtone[0]=>at) = $var(dialtone_now);
            t_on_reply("DIALTONE_ANSWER");
            t_on_failure("DIALTONE_FAILED");
            if (!t_relay()) { t_reply("503", "No Asterisk Answers"); }
            exit;
        }

        """
    }
}
