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

    private var answers: String {
        let classes = TrafficCounter.delays.enumerated().map { index, limit in
            let test = index == 0 ? "if" : "else if"
            return
                "        \(test) ($var(dialtone_d) <= \(limit)) { $var(dialtone_what) = \"\(TrafficCounter.delay(limit))\"; }"
        }
        return """
            # The first sign of life of the one who is called, and the first 2xx.
            onreply_route[DIALTONE_ANSWER] {
                if ($rs < 180 || $rs > 299) { return; }
                if ($xavp(dialtone[0]=>rang) == 0) {
                    $xavp(dialtone[0]=>rang) = 1;
                    route(DIALTONE_CLOCK);
                    $var(dialtone_d) = $var(dialtone_now) - $xavp(dialtone[0]=>at);
                    if ($var(dialtone_d) < 0) { $var(dialtone_d) = $var(dialtone_d) + 65536000; }
                    $var(dialtone_what) = "\(TrafficCounter.delayBeyond)";
            \(classes.joined(separator: "\n"))
                    route(DIALTONE_COUNT);
                }
                if ($rs >= 200 && $xavp(dialtone[0]=>answered) == 0) {
                    $xavp(dialtone[0]=>answered) = 1;
                    $var(dialtone_what) = "answered";
                    route(DIALTONE_COUNT);
                }
            }

            """
    }

    private var failures: String {
        """
        # One attempt failed: counted by its class, and after silence or 503 tried elsewhere.
        failure_route[DIALTONE_FAILED] {
            $var(dialtone_retry) = 0;
            $var(dialtone_what) = "refused";
            if (t_is_canceled()) { $var(dialtone_what) = "cancelled"; }
            else if (t_branch_timeout()) {
                if (t_branch_replied()) { $var(dialtone_what) = "unanswered"; }
                else { $var(dialtone_what) = "silent"; $var(dialtone_retry) = 1; }
            }
            else if (t_check_status("401|407")) { $var(dialtone_what) = "challenged"; }
            else if (t_check_status("503")) { $var(dialtone_what) = "unavailable"; $var(dialtone_retry) = 1; }
            else if (t_check_status("5[0-9][0-9]")) { $var(dialtone_what) = "error"; }
            else if (t_check_status("486|600")) { $var(dialtone_what) = "busy"; }
            else if (t_check_status("6[0-9][0-9]")) { $var(dialtone_what) = "declined"; }
            else if (t_check_status("404")) { $var(dialtone_what) = "unknown"; }
            else if (t_check_status("487")) { $var(dialtone_what) = "cancelled"; }
            route(DIALTONE_COUNT);
            if ($var(dialtone_retry) == 0) { exit; }
            unset_dlg_profile("\(TrafficCounter.profile)", "$xavp(dialtone[0]=>name)");
            $var(dialtone_found) = 0;
            if ($xavp(dialtone[0]=>listed) != $null || $xavp(_dsdst_) != $null) {
                $xavp(dialtone[0]=>listed) = 1;
                if (ds_next_dst()) { $var(dialtone_found) = 1; }
                else { route(DIALTONE_OTHER_TRACK); }
            } else {
                # It went where it went before, without a pick: now there is one.
                $xavp(dialtone[0]=>listed) = 1;
                $var(dialtone_failed) = $xavp(dialtone[0]=>to);
                route(DIALTONE_SELECT);
                if ($var(dialtone_found) == 1 && $du == $var(dialtone_failed)) {
                    if (!ds_next_dst()) { $var(dialtone_found) = 0; route(DIALTONE_OTHER_TRACK); }
                }
            }
            if ($var(dialtone_found) == 0) { exit; }
            route(DIALTONE_NAME);
            route(DIALTONE_RELAY);
        }

        # Every instance of the call's track was tried.
        route[DIALTONE_OTHER_TRACK] {
            if ($xavp(dialtone[0]=>spilled) != $null) { return; }
            if ($xavp(dialtone[0]=>track) == 2) {
                $xavp(dialtone[0]=>track) = 1;
            } else if (\(settings.stableFallsBack ? "1 == 1" : "$xavp(dialtone[0]=>urgent) == 1")) {
                $xavp(dialtone[0]=>track) = 2;
            } else {
                return;
            }
            $xavp(dialtone[0]=>spilled) = 1;
            route(DIALTONE_SELECT);
        }

        """
    }

    private var within: String {
        """
        # A request with a To-tag goes to the instance that has the call, by the route that was recorded.
        route[DIALTONE_WITHIN] {
            if (!loose_route()) {
                if (is_method("ACK")) {
                    if (t_check_trans()) { t_relay(); }
                    exit;
                }
                sl_send_reply("481", "Call/Transaction Does Not Exist");
                exit;
            }
            if (is_method("BYE") && $dlg_var(dialtone) != $null) {
                if (!t_newtran()) { exit; }
                $xavp(dialtone=>name) = $dlg_var(dialtone);
                $var(dialtone_what) = "hangup";
                if (is_direction("upstream")) { $var(dialtone_what) = "ended"; }
                else { t_on_failure("DIALTONE_LOST"); }
                route(DIALTONE_COUNT);
            }
            t_relay();
            exit;
        }

        failure_route[DIALTONE_LOST] {
            if (t_check_status("408|481") || t_branch_timeout()) {
                $var(dialtone_what) = "lost";
                route(DIALTONE_COUNT);
            }
        }

        """
    }
}
