import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// One suite, one machine after the other: emulation takes whole cores.
@Suite("Real machines", .serialized, .enabled(if: MachineLab.lack == nil, "\(MachineLab.lack ?? "")"))
struct RealMachines {}

extension RealMachines {
    @Suite(.serialized) struct RoundTests {
        @Test(
            "The whole round on real machines: planned, applied, repaired, scaled, destroyed, nothing left (P3, P8, P10, P13)",
            .timeLimit(.minutes(6)))
        func round() async throws {
            try await MachineLab.run { lab in
                let foreign = try lab.files.write("somebody else's", to: "foreign")
                try await lab.virsh("vol-create-as", "default", "foreign.img", "15")
                try await lab.virsh("vol-upload", "foreign.img", foreign, "--pool", "default")
                let before = try await lab.belongings()
                var manifest = Manifest(nodes: 2, replicas: 1, canaries: 1)

                try await lab.dialtone("plan", manifest, "--detailed-exitcode", status: 2)
                #expect(try await lab.belongings() == before)
                try await lab.dialtone("apply", manifest, "--yes")
                for node in ["q-node-1", "q-node-2"] { #expect(try await lab.hostname(node) == node) }
                let address = try await lab.guest("q-node-1", "ip -4 -o addr show dev eth0").split(separator: " ")
                    .first { $0.hasPrefix("10.") }.map { $0.prefix { $0 != "/" } }
                let ping = try await lab.inside("ping", "-c", "1", "-W", "5", String(try #require(address)))
                #expect(ping.status == 0 || ping.text.contains("No such file"), "\(ping)")
                try await answers(lab)
                let macs = [try await lab.mac("q-node-1"), try await lab.mac("q-node-2")]
                for _ in 1...10 { try await lab.dialtone("plan", manifest, "--detailed-exitcode") }

                try await repair(lab, manifest)
                for node in ["q-node-1", "q-node-2"] { #expect(try await lab.hostname(node) == node) }
                #expect([try await lab.mac("q-node-1"), try await lab.mac("q-node-2")] == macs)
                try await lab.dialtone("plan", manifest, "--detailed-exitcode")

                manifest.nodes = 3
                try await lab.dialtone("apply", manifest, "--yes")
                #expect(try await lab.hostname("q-node-3") == "q-node-3")
                manifest.nodes = 2
                #expect(try await lab.deeds(manifest) == ["destroyNode q-node-3"])
                try await lab.dialtone("apply", manifest, "--yes")
                try await lab.dialtone("plan", manifest, "--detailed-exitcode")

                try await end(lab, manifest)
                #expect(try await lab.belongings() == before)
                let kept = lab.files.file("kept")
                try await lab.virsh("vol-download", "foreign.img", kept, "--pool", "default")
                #expect(readText(kept) == "somebody else's")
            }
        }

        /// Each instance is the Asterisk of its unit's tag; it runs on this host at the address that stands for its node's.
        private func answers(_ lab: MachineLab) async throws {
            for (name, version) in zip(["q-asterisk-1", "q-asterisk-2"], lab.asterisk) {
                let host = try #require(
                    try await lab.key("instances/\(name)").firstMatch(of: #/"address":"([^"]+)"/#)?.1)
                #expect(try await SIPOptions.server(String(host)) == "Asterisk PBX \(version)")
            }
        }

        /// One machine is destroyed and one is gone with its disk. fleet goes on telling what ran there, which is no state: each instance is put
        /// back once, by fleet or by us.
        private func repair(_ lab: MachineLab, _ manifest: Manifest) async throws {
            try await lab.fault("--ghosts", "900")
            try await lab.virsh("destroy", "q-node-1")
            try await lab.virsh("destroy", "q-node-2")
            try await lab.virsh("undefine", "q-node-2", "--remove-all-storage")
            try await eventually("status lists the ghosts") {
                let text = try await lab.dialtone("status", manifest, status: nil).text
                return text.contains("Ghost: q-asterisk-1 on") && text.contains("Ghost: q-asterisk-2 on")
            }
            let before = lab.puts
            try await lab.dialtone("apply", manifest, "--yes")
            for name in ["q-asterisk-1", "q-asterisk-2"] {
                #expect(lab.puts.count { $0.contains(name) } - before.count { $0.contains(name) } <= 1)
            }
            try await lab.fault()
            try await answers(lab)
        }

        /// One guest does not hear, another is off at the very end of its time: both are off, and only the first was forced.
        private func end(_ lab: MachineLab, _ manifest: Manifest) async throws {
            try await lab.guest("q-node-1", "printf '#!/bin/sh\\n' >/sbin/shutdown; killall acpid; rm /etc/acpi/PWRF/*")
            try await lab.guest(
                "q-node-2", "printf '#!/bin/sh\\n(sleep 29; poweroff -f) &\\n' >/sbin/shutdown; rm /etc/acpi/PWRF/*")
            let began = ContinuousClock.now
            let destroyed = try await lab.dialtone("destroy", manifest, "--yes")
            #expect(destroyed.text.contains("the guest of q-node-1 did not shut down within 30 s and was forced off"))
            #expect(destroyed.text.ranges(of: "forced off").count == 1, "\(destroyed)")
            #expect(ContinuousClock.now - began < .seconds(75))
        }
    }
}
