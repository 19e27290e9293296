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
                        Manifest(image: "nowhere.qcow2"), ["pool 'default' has no volume 'nowhere.qcow2'"]
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
            #expect(unreachable.text.contains(nowhere), "\(unreachable)")
            let missing = lab.files.file("missing.qcow2")
            let image = try await lab.dialtone("apply", Manifest(image: missing), "--yes", status: nil)
            #expect(image.status != 0 && image.text.contains(missing), "\(image)")
        }

        private func reserved(_ lab: MachineLab) async throws {
            let range = try #require(
                readText("\(lab.directory)/lab.yaml").firstMatch(of: #/"addresses" : "([0-9.]+)\.11-/#))
            let host = "<host mac='52:54:00:00:00:09' name='other' ip='\(range.1).11'/>"
            try await lab.virsh("net-update", "dialtone", "add", "ip-dhcp-host", host, "--live", "--config")
            let held = try await lab.dialtone("apply", Manifest(), "--yes", status: 77)
            #expect(held.text.contains("address \(range.1).11 is reserved for 52:54:00:00:00:09 (other)"), "\(held)")
            try await lab.virsh("net-update", "dialtone", "delete", "ip-dhcp-host", host, "--live", "--config")
        }

        /// A base image of the user's that is none.
        private func damaged(_ lab: MachineLab) async throws {
            let rubbish = try lab.files.write(String(repeating: "rubbish\n", count: 8192), to: "rubbish")
            try await lab.virsh("vol-create-as", "default", "rubbish.qcow2", "65536")
            try await lab.virsh("vol-upload", "rubbish.qcow2", rubbish, "--pool", "default")
            let manifest = Manifest(image: "rubbish.qcow2")
            let failed = try await lab.dialtone("apply", manifest, "--yes", status: 1)
            #expect(failed.text.contains("the base image that it lies on is damaged or gone"), "\(failed)")
            #expect(failed.text.contains("q-node-1"), "\(failed)")
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
            #expect(failed.text.contains("storage pool 'small' is full: free space there"), "\(failed)")
            #expect(try await lab.virsh("dumpxml", "q-node-1").contains("urn:dialtone:1"))
            try await lab.dialtone("destroy", manifest, "--yes")
            #expect(try await lab.virsh("vol-list", "small").withoutBlanks.isEmpty)
            try await lab.virsh("pool-destroy", "small")
        }
    }

    @Suite(.serialized) struct LabTests {
        @Test(
            "Two labs side by side have nothing in common, and one whose supervisor was killed leaves nothing either",
            .timeLimit(.minutes(3)))
        func sideBySide() async throws {
            let other = try await MachineLab()
            var machine: Int32?
            try await MachineLab.run { lab in
                for each in [lab, other] {
                    try await each.virsh("vol-create-as", "default", "disk.raw", "1048576")
                    try each.files.write(bareMachine, to: "machine.xml")
                    try await each.virsh("create", each.files.file("machine.xml"))
                }
                #expect(try await lab.virsh("net-dumpxml", "dialtone") != other.virsh("net-dumpxml", "dialtone"))
                machine = try await other.machinePID()
                kill(try #require(try other.pid(of: "supervisor")), SIGKILL)
                try await other.down()
                #expect(try await lab.virsh("list", "--name").withoutBlanks == "bare")
            }
            let pid = try #require(machine)
            #expect(isGone(pid))
            let links = try await MachineLab.run(["ip", "-o", "link"]).text
            #expect(!links.contains("lab0") && !links.contains("vnet"))
            #expect(!readText("/proc/self/mountinfo").contains(other.directory))
        }

        @Test(
            "A lab killed with SIGKILL at any moment of its beginning leaves nothing after lab down",
            .timeLimit(.minutes(2)), arguments: [150, 400, 800, 1500, 3000])
        func killedWhileItBegins(milliseconds: Int) async throws {
            let files = try TemporaryDirectory()
            let directory = files.file("lab")
            let up = try ChildProcess([MachineLab.executable, "lab", "up", "--hypervisor", "qemu", "--dir", directory])
            try await Task.sleep(for: .milliseconds(milliseconds))
            up.signal(SIGKILL)
            guard access(directory + "/lab.json", F_OK) == 0 else { return }
            let record = readText(directory + "/lab.json")
            let id = String(try #require(record.firstMatch(of: /"id" : "([0-9a-f]+)"/)?.1))
            if let supervisor = try MachineLab.pid(of: "supervisor", in: directory) { kill(supervisor, SIGKILL) }
            let down = try await MachineLab.run([MachineLab.executable, "lab", "down", "--dir", directory])
            #expect(down.status == 0, "\(down)")
            #expect(access(directory, F_OK) != 0)
            #expect(MachineLab.leftovers(of: id) == [])
        }

        private let bareMachine = """
            <domain type='qemu'><name>bare</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
            <os><type arch='x86_64'>hvm</type></os><devices>
            <disk type='volume' device='disk'><source pool='default' volume='disk.raw'/><target dev='vda' bus='virtio'/></disk>
            <interface type='network'><source network='dialtone'/><model type='virtio'/></interface></devices></domain>
            """

        private func isGone(_ pid: Int32) -> Bool {
            let stat = readText("/proc/\(pid)/stat")
            return stat.isEmpty || stat.contains(") Z ")
        }
    }
}

extension MachineLab {
    /// The process of a machine called `bare`.
    fileprivate func machinePID() async throws -> Int32? {
        let pid = try await inside("cat", "/run/libvirt/qemu/bare.pid")
        return Int32(pid.text.withoutBlanks)
    }
}
