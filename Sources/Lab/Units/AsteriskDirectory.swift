import FoundationEssentials
import Glibc

/// The directory of one real Asterisk: its configuration, and all that it writes. Many share one tree.
struct AsteriskDirectory: Sendable {
    /// ARI's and AMI's user in a lab.
    static let user = "dialtone"

    let tree: AsteriskTree
    let path: String
    /// Where its control socket lies: the path of one has at most 107 bytes.
    let runDirectory: String
    /// The instance's name.
    let name: String
    let wish: AsteriskWish
    /// What it answers on.
    let address: String
    /// ARI's and AMI's password.
    let password: String

    var configuration: String { path + "/etc/asterisk.conf" }

    /// The words that run it: in the foreground, without colours.
    var command: [String] { [tree.program, "-C", configuration, "-f", "-n"] }

    /// Writes everything anew: nothing of an earlier instance of that name is left.
    func make() throws(LabError) {
        do {
            for old in [path, runDirectory] where FileManager.default.fileExists(atPath: old) {
                try FileManager.default.removeItem(atPath: old)
            }
            for folder in ["etc", "lib", "db", "spool", "log"].map({ "\(path)/\($0)" }) + [runDirectory] {
                try FileManager.default.createDirectory(
                    atPath: folder, withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o700])
            }
        } catch {
            throw LabError("cannot make \(path): \(error)")
        }
        for (file, sections) in files {
            let text = sections.map { "[\($0.name)]\n" + $0.lines.map { $0 + "\n" }.joined() }.joined(separator: "\n")
            try LabFile.replace("\(path)/etc/\(file)", with: Array(text.utf8), mode: 0o600)
        }
    }

    private typealias Section = (name: String, lines: [String])

    private var files: [(String, [Section])] {
        let folders = [
            ("astetcdir", "\(path)/etc"), ("astmoddir", tree.modules), ("astvarlibdir", "\(path)/lib"),
            ("astdbdir", "\(path)/db"), ("astkeydir", "\(path)/lib"), ("astdatadir", tree.data),
            ("astagidir", "\(path)/lib/agi-bin"), ("astspooldir", "\(path)/spool"), ("astrundir", runDirectory),
            ("astlogdir", "\(path)/log"),
        ]
        let (ports, rtp) = (wish, wish.rtpPorts)
        let written: [(String, [Section])] = [
            (
                "asterisk.conf",
                [
                    ("directories", folders.map { "\($0.0) => \($0.1)" }),
                    ("options", ["systemname = \(name)", "documentation_language = en_US"]),
                ]
            ),
            ("logger.conf", [("logfiles", ["messages => notice,warning,error"])]),
            ("modules.conf", [("modules", ["autoload=no"] + modules.map { "load=\($0).so" })]),
            (
                "pjsip.conf",
                [
                    ("udp", ["type=transport", "protocol=udp", "bind=\(address):\(ports.sipPort)"]),
                    // Whoever is on this host: Kamailio, an announcer, a phone of a test.
                    (
                        "lab",
                        [
                            "type=endpoint", "context=lab", "transport=udp", "disallow=all", "allow=ulaw,alaw",
                            "direct_media=no",
                        ]
                    ), ("lab", ["type=identify", "endpoint=lab", "match=127.0.0.0/8"]),
                ]
            ),
            ("extensions.conf", [("lab", AsteriskDirectory.dialplan)]),
            ("rtp.conf", [("general", ["rtpstart=\(rtp.lowerBound)", "rtpend=\(rtp.upperBound)"])]),
            ("http.conf", [("general", ["enabled=yes", "bindaddr=\(address)", "bindport=\(ports.ariPort)"])]),
            (
                "ari.conf",
                [
                    ("general", ["enabled=yes"]),
                    (Self.user, ["type=user", "read_only=no", "password=\(password)"]),
                ]
            ),
            (
                "manager.conf",
                [
                    ("general", ["enabled=yes", "bindaddr=\(address)", "port=\(ports.amiPort)"]),
                    (Self.user, ["secret=\(password)", "read=all", "write=all"]),
                ]
            ),
        ]
        return written + AsteriskDirectory.empty.map { ($0, []) }
    }

    /// A number is answered and hears itself, unless `AsteriskFault` has set its variables; `ring` rings for a minute.
    private static let dialplan = [
        #"exten => _[+0-9].,1,GotoIf($["${FAULT}" = ""]?well)"#, "same => n,Goto(${FAULT},1)",
        "same => n(well),Answer()", "same => n,Echo()", "same => n,Hangup()",
        "exten => refuse,1,Set(GLOBAL(CALLS)=$[0${CALLS} + 1])",
        "same => n,GotoIf($[${CALLS} % ${FAULT_ONE_IN}]?00,well)", "same => n,Hangup(${FAULT_CAUSE})",
        "exten => slow,1,Ringing()", "same => n,Wait(${FAULT_SECONDS})", "same => n,Goto(00,well)",
        "exten => drop,1,Answer()", "same => n,Wait(${FAULT_SECONDS})", "same => n,Hangup()",
        "exten => _[0-9],1,Goto(00,1)", "exten => ring,1,Ringing()", "same => n,Wait(60)", "same => n,Hangup()",
    ]

    /// Asked for by modules, which complain when they are not there.
    private static let empty = [
        "stasis.conf", "udptl.conf", "features.conf", "ccss.conf", "cdr.conf", "cel.conf", "acl.conf",
        "indications.conf", "pjproject.conf", "sorcery.conf",
    ]

    /// Those that SIP calls, the dialplan above, and ARI's channels need, in the order of need; one that this version has not is left out.
    private var modules: [String] {
        let directory = tree.modules
        return AsteriskDirectory.wanted.filter { access("\(directory)/\($0).so", R_OK) == 0 }
    }

    private static let wanted = [
        "res_timing_timerfd", "res_crypto", "res_statsd", "res_geolocation", "res_websocket_client", "res_pjproject",
        "res_sorcery_memory", "res_sorcery_config", "res_sorcery_astdb", "res_http_websocket", "res_pjsip",
        "res_pjsip_session", "res_pjsip_pubsub", "res_pjsip_authenticator_digest", "res_pjsip_sdp_rtp",
        "res_rtp_asterisk", "res_pjsip_endpoint_identifier_ip", "res_pjsip_caller_id", "res_pjsip_rfc3326",
        "res_pjsip_logger", "chan_pjsip", "bridge_simple", "bridge_softmix", "codec_ulaw", "codec_alaw", "pbx_config",
        "app_dial", "app_echo", "func_channel", "func_global", "func_logic", "res_stasis", "res_stasis_answer",
        "res_stasis_playback", "res_stasis_recording", "res_stasis_snoop", "res_ari_model", "res_ari", "app_stasis",
        "res_ari_asterisk", "res_ari_channels", "res_ari_events", "res_ari_applications",
    ]
}
