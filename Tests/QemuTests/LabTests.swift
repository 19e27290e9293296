import FoundationEssentials
import Glibc
import TestSupport
import Testing

extension RealMachines {
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
            "A lab killed with SIGKILL at any moment of its beginning or its end leaves nothing after lab down",
            .timeLimit(.minutes(2)), arguments: (1...18).map(Moment.init(seed:)))
        func killed(at moment: Moment) async throws {
            let files = try TemporaryDirectory()
            let directory = files.file("lab")
            func id() throws -> String? {
                readText(directory + "/lab.json").firstMatch(of: /"id" : "([0-9a-f]+)"/).map { String($0.1) }
            }
            func killSupervisor() {
                // The record may be taken away at any moment.
                guard let pid = try? MachineLab.pid(of: "supervisor", in: directory) else { return }
                kill(pid, SIGKILL)
            }
            var known: String?
            if moment.isEnd {
                let up = try await MachineLab.run(MachineLab.up(directory))
                #expect(up.status == 0, "\(up)")
                known = try id()
            }
            let command = moment.isEnd ? MachineLab.down(directory) : MachineLab.up(directory)
            let child = try ChildProcess(command)
            try await Task.sleep(for: .milliseconds(moment.milliseconds))
            if moment.isSupervisorFirst { killSupervisor() }
            child.signal(SIGKILL)
            try await child.waitForExit()
            if known == nil { known = try id() }
            if access(directory + "/lab.json", F_OK) == 0 {
                killSupervisor()
                let down = try await MachineLab.run(MachineLab.down(directory))
                #expect(down.status == 0, "\(down)")
                #expect(access(directory, F_OK) != 0)
            } else {
                // It had not begun, or was gone but for its empty directory.
                #expect(rmdir(directory) == 0 || errno == ENOENT)
            }
            if let known { #expect(MachineLab.leftovers(of: known) == []) }
        }

        /// When `lab up` or `lab down` is killed, and whether the supervisor is first. Drawn, and the same each time.
        struct Moment: Sendable, CustomTestStringConvertible {
            let isEnd: Bool
            let milliseconds: Int
            let isSupervisorFirst: Bool
            let testDescription: String

            init(seed: Int) {
                // SplitMix64.
                var state = UInt64(seed)
                func draw(_ bound: UInt64) -> UInt64 {
                    state &+= 0x9e37_79b9_7f4a_7c15
                    var value = state
                    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
                    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
                    return (value ^ (value >> 31)) % bound
                }
                isEnd = draw(3) == 0
                // A lab comes up in a second or two, and is gone in half a second.
                milliseconds = Int(draw(isEnd ? 600 : 1800))
                isSupervisorFirst = draw(2) == 0
                testDescription =
                    "seed \(seed): \(isEnd ? "down" : "up") after \(milliseconds) ms, \(isSupervisorFirst ? "the supervisor" : "it") first"
            }
        }

        @Test(
            "Without root a lab with real machines does not begin: it says so, and what can be had instead",
            .timeLimit(.minutes(1)))
        func withoutRoot() async throws {
            let files = try TemporaryDirectory()
            let directory = files.file("lab")
            // In a user namespace without a mapping everybody is nobody.
            let up = try await MachineLab.run(["unshare", "--user"] + MachineLab.up(directory))
            #expect(up.status == 1, "\(up)")
            let words =
                "a lab with real machines (qemu) needs root, for a network of its own; libvirt's test driver (test) needs none"
            #expect(up.text.contains(words), "\(up)")
            #expect(access(directory, F_OK) != 0)
        }

        @Test(
            "A lab makes nothing outside its directory, also on a host that has nothing of libvirt's",
            .timeLimit(.minutes(1)), arguments: ["qemu", "test"])
        func nothingOutside(hypervisor: String) async throws {
            let files = try TemporaryDirectory()
            // A host of its own, as far as its directories go: each has something in it, and nothing of libvirt's.
            let script = #"""
                directory=$1 dialtone=$2 hypervisor=$3
                for place in /var/lib /var/log /var/cache /run; do
                    mount -t tmpfs bare "$place"
                    mkdir "$place/others" && echo kept >"$place/others/file" && echo kept >"$place/.file" && ln -s .file "$place/link"
                done
                "$dialtone" lab up --hypervisor "$hypervisor" --kamailio 0 --dir "$directory/lab"
                virsh -q -c "$(sed -n "s/^DIALTONE_LIBVIRT='\(.*\)'/\1/p" "$directory/lab/lab.env")" net-list --name
                if [ "$hypervisor" = qemu ]; then
                    pid=$(python3 -c 'import json, sys
                for child in json.load(open(sys.argv[1]))["children"]:
                    if child["name"] == "namespace": print(child["process"]["pid"])' "$directory/lab/lab.json")
                    nsenter --target "$pid" --mount cat /var/lib/others/file /var/log/.file /run/link
                    [ -d /proc/$pid/root/var/lib/libvirt/dnsmasq ]
                fi
                find /var/lib /var/log /var/cache /run | sort >"$directory/found"
                "$dialtone" lab down --dir "$directory/lab"
                find /var/lib /var/log /var/cache /run | sort >"$directory/left"
                """#
            let made = try await MachineLab.run([
                "unshare", "--mount", "--propagation", "private", "sh", "-ec", script, "sh", files.path,
                MachineLab.executable, hypervisor,
            ])
            #expect(made.status == 0, "\(made)")
            #expect(made.text.contains("dialtone\n"), "\(made)")
            if hypervisor == "qemu" { #expect(made.text.contains("kept\nkept\nkept\n"), "\(made)") }
            let expected = ["/run", "/var/cache", "/var/lib", "/var/log"].flatMap {
                [$0, "\($0)/.file", "\($0)/link", "\($0)/others", "\($0)/others/file"]
            }
            for list in ["found", "left"] {
                // Where mount(8) keeps its notes.
                let lines = readText(files.file(list)).split(separator: "\n").map(String.init)
                    .filter { !$0.hasPrefix("/run/mount") }
                #expect(Set(lines) == Set(expected), "\(list)")
            }
            #expect(access(files.file("lab"), F_OK) != 0)
        }

        @Test(
            "Two beginnings of one lab at a time are one lab, and one that is to be another is refused",
            .timeLimit(.minutes(1)))
        func twice() async throws {
            let files = try TemporaryDirectory()
            let directory = files.file("lab")
            async let first = MachineLab.run(MachineLab.up(directory))
            async let second = MachineLab.run(MachineLab.up(directory))
            for up in try await [first, second] { #expect(up.status == 0, "\(up)") }
            let supervisor = try #require(try MachineLab.pid(of: "supervisor", in: directory))
            let other = try await MachineLab.run(MachineLab.up(directory, hypervisor: "test"))
            #expect(other.status == 64, "\(other)")
            #expect(other.text.contains("you asked for --hypervisor test, and it has qemu"), "\(other)")
            let same = try await MachineLab.run([MachineLab.executable, "lab", "up", "--dir", directory])
            #expect(same.status == 0, "\(same)")
            #expect(try MachineLab.pid(of: "supervisor", in: directory) == supervisor)
            // Its libvirtd hangs: its end does not wait for that.
            kill(try #require(try MachineLab.pid(of: "libvirtd", in: directory)), SIGSTOP)
            let began = ContinuousClock.now
            let down = try await MachineLab.run(MachineLab.down(directory))
            #expect(down.status == 0, "\(down)")
            #expect(ContinuousClock.now - began < .seconds(6))
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
    fileprivate static func up(_ directory: String, hypervisor: String = "qemu") -> [String] {
        [executable, "lab", "up", "--hypervisor", hypervisor, "--kamailio", "0", "--dir", directory]
    }

    fileprivate static func down(_ directory: String) -> [String] { [executable, "lab", "down", "--dir", directory] }

    /// The process of a machine called `bare`.
    fileprivate func machinePID() async throws -> Int32? {
        let pid = try await inside("cat", "/run/libvirt/qemu/bare.pid")
        return Int32(pid.text.withoutBlanks)
    }
}
