/// What happens to a call once it was sent to an instance.
extension RouteScript {
    var answers: String {
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

    var failures: String {
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

    var within: String {
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
