import FoundationEssentials
import Glibc
import TestSupport
import Testing

extension RealMachines {
    @Suite(.serialized) struct ChangeTests {
        @Test(
            "A start that failed needs no hand, and each change does what its plan says (P1, P2, P5)",
            .timeLimit(.minutes(6)))
        func changes() async throws {
            try await MachineLab.run { lab in
                var manifest = Manifest(nodes: 1)
                let image = lab.files.file("image.qcow2")
                try await makeImage(image, marked: "the first", lab)
                manifest.image = image
                // The machine's console cannot be written: libvirt starts no machine then.
                let obstacle = "\(lab.directory)/libvirt/log/qemu/q-node-1-console.log"
                #expect(mkdir(obstacle, 0o755) == 0)
                let failed = try await lab.dialtone("apply", manifest, "--yes", status: 1)
                #expect(failed.text.contains("q-node-1"))
                #expect(rmdir(obstacle) == 0)
                try await lab.dialtone("apply", manifest, "--yes")
                try await lab.dialtone("plan", manifest, "--detailed-exitcode")
                #expect(try await lab.virsh("vol-list", "default").split(separator: "\n").count == 3)

                #expect(try await lab.traces("q-node-1").image == "the first")

                try await expectInPlace(lab, manifest)
                manifest.memory = "320MiB"
                try await expect("restartNode", lab, manifest)
                #expect(try await lab.virsh("dominfo", "q-node-1").contains("327680"))
                manifest.vcpus = 2
                try await expect("restartNode", lab, manifest)
                #expect(try await lab.guest("q-node-1", "nproc") == "2\n")
                manifest.userData = "#!/bin/sh\necho from user data >/etc/said\n"
                try await expect("replaceNode", lab, manifest)
                #expect(try await lab.guest("q-node-1", "cat /etc/said") == "from user data\n")
                let range = try #require(
                    readText("\(lab.directory)/lab.yaml").firstMatch(of: #/"addresses" : "([0-9.]+)\.11-/#))
                manifest.addresses = "\(range.1).77/24"
                try await expect("replaceNode", lab, manifest)
                let address = try await lab.guest("q-node-1", "ip -4 -o addr show dev eth0")
                #expect(address.contains("\(range.1).77/24"))

                try await makeImage(image, marked: "the second", lab)
                try await expect("replaceNode", lab, manifest)
                #expect(try await lab.traces("q-node-1").image == "the second")

                try await lab.dialtone("destroy", manifest, "--yes")
                #expect(try await lab.belongings() == [])
            }
        }

        /// The plan has this kind of action alone, and what is seen from outside agrees: a restart keeps the disk, a replacement does not.
        private func expect(
            _ kind: String, _ lab: MachineLab, _ manifest: Manifest, sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            let (before, was) = (try await lab.traces("q-node-1"), try await lab.identity("q-node-1"))
            let deeds = try await lab.deeds(manifest)
            #expect(deeds == ["\(kind) q-node-1"], sourceLocation: sourceLocation)
            try await lab.dialtone("apply", manifest, "--yes", sourceLocation: sourceLocation)
            let (after, now) = (try await lab.traces("q-node-1"), try await lab.identity("q-node-1"))
            #expect(before.boot != after.boot, sourceLocation: sourceLocation)
            #expect((before.disk == after.disk) == (kind == "restartNode"), sourceLocation: sourceLocation)
            #expect(was.start != now.start, sourceLocation: sourceLocation)
            // The UUID is a function of the names.
            #expect(was.uuid == now.uuid, sourceLocation: sourceLocation)
            try await lab.dialtone("plan", manifest, "--detailed-exitcode", sourceLocation: sourceLocation)
        }

        /// What lies around a machine is put back while it runs on: the same start, the same disk.
        private func expectInPlace(_ lab: MachineLab, _ manifest: Manifest) async throws {
            let (before, was) = (try await lab.traces("q-node-1"), try await lab.identity("q-node-1"))
            let host = try #require(
                try await lab.virsh("net-dumpxml", "dialtone").firstMatch(of: #/<host mac=.*q-node-1.*\/>/#)?.0)
            try await lab.virsh("net-update", "dialtone", "delete", "ip-dhcp-host", String(host), "--live", "--config")
            #expect(try await lab.deeds(manifest) == ["updateNode q-node-1"])
            try await lab.dialtone("apply", manifest, "--yes")
            #expect(try await lab.virsh("net-dumpxml", "dialtone").contains(host))
            #expect(try await lab.traces("q-node-1") == before)
            #expect(try await lab.identity("q-node-1") == was)
        }

        /// The node image with another content.
        private func makeImage(_ path: String, marked text: String, _ lab: MachineLab) async throws {
            let base = try #require(
                readText("\(lab.directory)/lab.yaml").firstMatch(of: #/"image" : "([^"]+)"/#)?.1)
            let made = try await MachineLab.run([
                "sh", "-ec",
                """
                qemu-img convert -O raw "$1" "$2.raw"
                echo "$3" >"$2.text"
                debugfs -w -R 'rm /etc/dialtone/image' "$2.raw"
                debugfs -w -R "write $2.text /etc/dialtone/image" "$2.raw"
                qemu-img convert -O qcow2 -c "$2.raw" "$2.new"
                mv "$2.new" "$2"
                """, "sh", String(base), path, text,
            ])
            #expect(made.status == 0, "\(made)")
        }
    }
}
