import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// One suite, one machine after the other: emulation takes whole cores.
@Suite("Real machines", .serialized, .enabled(if: MachineLab.isExpected, "\(MachineLab.lack ?? "")"))
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
                try await lab.lease("02:00:00:00:00:07")
                let before = try await lab.belongings()
                #expect(before.contains { $0.hasPrefix("lease ") && $0.contains("02:00:00:00:00:07") }, "\(before)")
                var manifest = Manifest(nodes: 2, replicas: 4, perNode: 3, canaries: 2)

                try await lab.dialtone("plan", manifest, "--detailed-exitcode", status: 2)
                #expect(try await lab.belongings() == before)
                try await lab.dialtone("apply", manifest, "--yes")
                for node in ["q-node-1", "q-node-2"] { #expect(try await lab.hostname(node) == node) }
                // The address from its drive leads out of the guest.
                let gateway = try #require(
                    readText("\(lab.directory)/lab.yaml").firstMatch(of: #/"gateway" : "([0-9.]+)"/#)?.1)
                let ping = try await lab.guest("q-node-2", "ping -c 1 -W 5 \(gateway)")
                #expect(ping.contains("1 packets received"), "\(ping)")
                try await answers(lab, ["16.28": 4, "22.10": 2])
                let macs = [try await lab.mac("q-node-1"), try await lab.mac("q-node-2")]
                for _ in 1...10 { try await lab.dialtone("plan", manifest, "--detailed-exitcode") }

                try await repair(lab, manifest)
                for node in ["q-node-1", "q-node-2"] { #expect(try await lab.hostname(node) == node) }
                #expect([try await lab.mac("q-node-1"), try await lab.mac("q-node-2")] == macs)
                try await lab.dialtone("plan", manifest, "--detailed-exitcode")

                (manifest.nodes, manifest.replicas) = (3, 5)
                try await lab.dialtone("apply", manifest, "--yes")
                #expect(try await lab.hostname("q-node-3") == "q-node-3")
                try await answers(lab, ["16.28": 5, "22.10": 2])
                (manifest.nodes, manifest.replicas) = (2, 4)
                let deeds = try await lab.deeds(manifest)
                #expect(
                    deeds.filter { $0.hasSuffix("Node q-node-3") || $0.contains("Node ") } == ["destroyNode q-node-3"])
                let fewer = try await lab.dialtone("apply", manifest, "--yes")
                // This guest hears, and is quick.
                #expect(!fewer.text.contains("forced off"), "\(fewer)")
                try await answers(lab, ["16.28": 4, "22.10": 2])
                try await lab.dialtone("plan", manifest, "--detailed-exitcode")

                try await end(lab, manifest)
                #expect(try await lab.belongings() == before)
                let kept = lab.files.file("kept")
                try await lab.virsh("vol-download", "foreign.img", kept, "--pool", "default")
                #expect(readText(kept) == "somebody else's")
            }
        }

        /// So many instances are registered for each tag, and each is the Asterisk of its unit's tag; it runs on this host at the address that stands for its
        /// node's.
        private func answers(
            _ lab: MachineLab, _ expected: [String: Int], sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            var found: [String: Int] = [:]
            for instance in try await lab.instances() {
                let tag = String(instance.image.drop { $0 != ":" }.dropFirst())
                found[tag, default: 0] += 1
                let server = try await SIPOptions.server(instance.address, port: instance.port)
                let version = try #require(lab.versions[tag])
                #expect(server == "Asterisk PBX \(version)", "\(instance)", sourceLocation: sourceLocation)
                #expect(instance.version == version, "\(instance)", sourceLocation: sourceLocation)
            }
            #expect(found == expected, sourceLocation: sourceLocation)
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
                return (1...6).allSatisfy { text.contains("Ghost: q-asterisk-\($0) on") }
            }
            let before = lab.puts
            try await lab.dialtone("apply", manifest, "--yes")
            for name in (1...6).map({ "q-asterisk-\($0)" }) {
                #expect(lab.puts.count { $0.contains(name) } - before.count { $0.contains(name) } <= 1)
            }
            try await lab.fault()
            try await answers(lab, ["16.28": 4, "22.10": 2])
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
