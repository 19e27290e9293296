import FoundationEssentials
import Glibc
import TestSupport
import Testing

extension RealMachines {
    @Suite(.serialized) struct FailureTests {
        @Test(
            "libvirtd killed in the middle of an apply and started anew: the same run goes on and converges",
            .timeLimit(.minutes(4)))
        func daemonKilled() async throws {
            try await MachineLab.run { lab in
                let manifest = Manifest(nodes: 2, replicas: 2)
                let apply = try lab.begin("apply", manifest, "--yes")
                try await eventually("the first volume is there", deadline: .seconds(30)) {
                    try await lab.virsh("vol-list", "default").contains("q-node")
                }
                let daemon = try #require(try lab.pid(of: "libvirtd"))
                kill(daemon, SIGKILL)
                try await eventually("another libvirtd runs", deadline: .seconds(30)) {
                    try lab.pid(of: "libvirtd").map { $0 != daemon } ?? false
                }
                let status = try await apply.waitForExit(deadline: .seconds(150))
                #expect(status == 0, "\(apply.output)")
                for node in ["q-node-1", "q-node-2"] { #expect(try await lab.hostname(node) == node) }
                // A machine outlives its daemon, and the next one knows it.
                let identity = try await lab.identity("q-node-1")
                let second = try #require(try lab.pid(of: "libvirtd"))
                kill(second, SIGKILL)
                try await eventually("a third libvirtd answers", deadline: .seconds(30)) {
                    guard try lab.pid(of: "libvirtd") != second else { return false }
                    return (try? await lab.identity("q-node-1")) == identity
                }
                try await lab.dialtone("plan", manifest, "--detailed-exitcode")
            }
        }

        @Test(
            "A start that was never finished is begun anew by itself, and nothing waits for a person",
            .timeLimit(.minutes(4)))
        func unfinishedStart() async throws {
            try await MachineLab.run { lab in
                // QEMU is stopped as soon as it is there: libvirt waits for it in vain, and so does the next libvirtd.
                let stopper = try ChildProcess([
                    "sh", "-c", #"until [ -s "$1" ]; do :; done; read -r pid <"$1"; kill -STOP "$pid"; echo "$pid""#,
                    "sh",
                    "\(lab.directory)/libvirt/run/qemu/q-node-1.pid",
                ])
                let manifest = Manifest()
                let apply = try lab.begin("apply", manifest, "--yes")
                try await stopper.waitForExit(deadline: .seconds(60))
                #expect(try await lab.virsh("domstate", "q-node-1", "--reason").hasPrefix("paused (starting up)"))
                let daemon = try #require(try lab.pid(of: "libvirtd"))
                kill(daemon, SIGKILL)
                let plan = try await eventually("the next libvirtd tells of it", deadline: .seconds(30)) {
                    let plan = try await lab.dialtone("plan", manifest, status: nil)
                    return plan.status == 0 ? plan.text : nil
                }
                #expect(plan.contains("wait: node q-node-1 boots and joins"), "\(plan)")
                let status = try await apply.waitForExit(deadline: .seconds(150))
                #expect(status == 0, "\(apply.output)")
                #expect(apply.output.contains("q-node-1 was not running, though it had begun to, and was ended"))
                let pid = try #require(Int32(stopper.output.withoutBlanks))
                #expect(kill(pid, 0) != 0, "the machine that never ran is still there")
                #expect(try await lab.hostname("q-node-1") == "q-node-1")
                try await lab.dialtone("plan", manifest, "--detailed-exitcode")
            }
        }

        @Test(
            "What a hypervisor lacks is said with the object and the mend, and nothing half-made is unmarked",
            .timeLimit(.minutes(4)))
        func lacks() async throws {
            try await MachineLab.run { lab in
                let before = try await lab.belongings()
                for (manifest, words) in [
                    (
                        Manifest(image: "nowhere.qcow2"),
                        [
                            "q-node-1", "pool 'default' has no volume 'nowhere.qcow2'",
                            "put it there, or name a file of this machine by its whole path",
                        ]
                    ),
                    (
                        Manifest(network: "none", libvirt: lab.libvirt),
                        ["no network 'none'", "define it, or name another as hypervisors[].network"]
                    ),
                    (
                        Manifest(pool: "none", libvirt: lab.libvirt),
                        ["no storage pool 'none'", "define it, or name another as hypervisors[].pool"]
                    ),
                ] {
                    let held = try await lab.dialtone("apply", manifest, "--yes", status: 77)
                    for word in words { #expect(held.text.contains(word), "\(held)") }
                }
                #expect(try await lab.belongings() == before)
                try await away(lab)
                try await reserved(lab)
                try await damaged(lab)
                try await full(lab)
                #expect(try await lab.belongings() == before)
            }
        }

        /// A hypervisor that nobody serves, and a base image that is no file.
        private func away(_ lab: MachineLab) async throws {
            let nowhere = "qemu+unix:///system?socket=\(lab.files.file("nowhere"))"
            let unreachable = try await lab.dialtone("apply", Manifest(libvirt: nowhere), "--yes", status: 69)
            for words in [
                "libvirt (default): ", nowhere,
                "see that libvirtd runs there and that this user may connect: virsh -c '\(nowhere)' list",
            ] {
                #expect(unreachable.text.contains(words), "\(words)\n\(unreachable)")
            }
            let missing = lab.files.file("missing.qcow2")
            let image = try await lab.dialtone("apply", Manifest(image: missing), "--yes", status: 77)
            let words =
                "image \(missing) cannot be read: \(missing): No such file or directory; nodes.image names a file of this machine"
            #expect(image.text.contains("q-node-1") && image.text.contains(words), "\(image)")
        }

        private func reserved(_ lab: MachineLab) async throws {
            let range = try #require(
                readText("\(lab.directory)/lab.yaml").firstMatch(of: #/"addresses" : "([0-9.]+)\.11-/#))
            let host = "<host mac='52:54:00:00:00:09' name='other' ip='\(range.1).11'/>"
            try await lab.virsh("net-update", "dialtone", "add", "ip-dhcp-host", host, "--live", "--config")
            let held = try await lab.dialtone("apply", Manifest(), "--yes", status: 77)
            let words = """
                address \(range.1).11 is reserved for 52:54:00:00:00:09 (other) in network 'dialtone': take that reservation away, or \
                write other addresses
                """
            #expect(held.text.contains("q-node-1") && held.text.contains(words), "\(held)")
            try await lab.virsh("net-update", "dialtone", "delete", "ip-dhcp-host", host, "--live", "--config")
        }

        /// A base image of the user's that is none.
        private func damaged(_ lab: MachineLab) async throws {
            let rubbish = try lab.files.write(String(repeating: "rubbish\n", count: 8192), to: "rubbish")
            try await lab.virsh("vol-create-as", "default", "rubbish.qcow2", "65536")
            try await lab.virsh("vol-upload", "rubbish.qcow2", rubbish, "--pool", "default")
            let manifest = Manifest(image: "rubbish.qcow2")
            let failed = try await lab.dialtone("apply", manifest, "--yes", status: 1)
            for words in [
                "q-node-1",
                "the base image that it lies on is damaged or gone: put a whole one into pool 'default' under its name",
                "is uploaded anew once it is deleted with virsh vol-delete",
            ] {
                #expect(failed.text.contains(words), "\(words)\n\(failed)")
            }
            // What is half-made is marked, and a whole image under its name mends it.
            #expect(try await lab.virsh("dumpxml", "q-node-1").contains("urn:dialtone:1"))
            try await lab.dialtone("destroy", manifest, "--yes")
            try await lab.virsh("vol-delete", "rubbish.qcow2", "--pool", "default")
        }

        private func full(_ lab: MachineLab) async throws {
            let small = lab.files.file("small")
            #expect(mkdir(small, 0o755) == 0)
            let mounted = try await lab.inside("mount", "-t", "tmpfs", "-o", "size=1m", "small", small)
            #expect(mounted.status == 0, "\(mounted)")
            try await lab.virsh("pool-create-as", "small", "dir", "--target", small)
            let manifest = Manifest(pool: "small", libvirt: lab.libvirt)
            let failed = try await lab.dialtone("apply", manifest, "--yes", status: 1)
            let words = "storage pool 'small' is full: free space there, or name another as hypervisors[].pool"
            #expect(failed.text.contains("q-node-1") && failed.text.contains(words), "\(failed)")
            #expect(try await lab.virsh("dumpxml", "q-node-1").contains("urn:dialtone:1"))
            try await lab.dialtone("destroy", manifest, "--yes")
            #expect(try await lab.virsh("vol-list", "small").withoutBlanks.isEmpty)
            try await lab.virsh("pool-destroy", "small")
        }
    }
}
