import Glibc
import TestSupport
import Testing

/// How `apply` ends when it does not come to its end.
@Suite struct EndingTests {
    @Test("An interrupt lets the running actions end, says what is left, exits 75; a second run goes on")
    func interrupted() async throws {
        try await LabSession.routed { lab, route in
            let file = try lab.write(ManifestText(name: "end", nodes: 2, replicas: 2))
            let victim = Victim()
            route.libvirt.when({ $0.isCall(.defineXML, about: "end-node-1") }) { victim.signal(SIGINT) }
            let apply = try lab.start("apply", "-f", file, "--yes", by: route)
            victim.become(apply)
            #expect(try await apply.waitForExit() == 75, "\(apply.output)")
            #expect(apply.output.contains("done: create node end-node-1"), "\(apply.output)")
            #expect(apply.output.contains("Begun again, it goes on with:"), "\(apply.output)")
            #expect(!apply.output.contains("begin: place instance"), "\(apply.output)")
            #expect(try await lab.document("/dialtone/end/leader") == .null)
            let again = try await lab.dialtone("apply", "-f", file, "--yes", by: route)
            #expect(again.status == 0, "\(again)")
            #expect(!again.stderr.contains("create node end-node-1"), "\(again)")
        }
    }

    @Test("Interrupted again, apply leaves at once what hangs, and exits 75")
    func interruptedTwice() async throws {
        try await LabSession.routed { lab, route in
            let file = try lab.write(ManifestText(name: "end", nodes: 1, replicas: 1))
            let victim = Victim()
            let libvirtd = try lab.pid(of: "libvirtd")
            // The next call to libvirt hangs.
            route.libvirt.when({ $0.isCall(.defineXML, about: "end-node-1") }) {
                kill(libvirtd, SIGSTOP)
                victim.signal(SIGINT)
            }
            let apply = try lab.start("apply", "-f", file, "--yes", by: route)
            victim.become(apply)
            try await eventually("it says that it stops") { apply.output.contains("interrupt again to leave it at once") }
            apply.signal(SIGINT)
            let status = try? await apply.waitForExit(deadline: .seconds(5))
            kill(libvirtd, SIGCONT)
            #expect(status == 75, "\(apply.output)")
            let again = try await lab.dialtone("apply", "-f", file, "--yes", by: route)
            #expect(again.status == 0, "\(again)")
        }
    }

    @Test("apply that does not converge in the time that it was given exits 75 and says what is left")
    func timeLimit() async throws {
        try await LabSession.run { lab in
            let manifest = ManifestText(name: "end", nodes: 2, replicas: 1)
            try await lab.apply(manifest)
            // Its announcer cannot register it: the instance is waited for.
            let announcer = try lab.pid(of: "end-announcer-1.service")
            kill(announcer, SIGSTOP)
            defer { kill(announcer, SIGCONT) }
            try await lab.etcdctl("del", "/dialtone/end/instances/end-asterisk-1")
            let late = try await lab.dialtone("apply", "-f", lab.write(manifest), "--yes", "--timeout", "2s")
            #expect(late.status == 75, "\(late)")
            #expect(late.stderr.contains("Not converged in time"), "\(late)")
            #expect(late.stderr.contains("wait: instance end-asterisk-1 starts and registers"), "\(late)")
        }
    }

    @Test("An action that fails each time ends apply with 1, the object and what came back; 1 wins over 77, and 69 over 1")
    func failing() async throws {
        try await LabSession.routed { lab, route in
            let file = try lab.write(ManifestText(name: "end", nodes: 2, replicas: 1))
            // No content of a volume can be kept where a file stands, and a stranger has a node's name.
            try await lab.successful(["sh", "-c", "echo in the way > \"$0/volumes/default-pool\"", lab.directory])
            try await lab.virsh("define", lab.files.write(Self.stranger, to: "stranger.xml"))
            let held = try await lab.dialtone("plan", "-f", file, by: route)
            #expect(held.stdout.contains("! held: create end-node-2 because a domain of that name is there"), "\(held)")
            let failed = try await lab.dialtone("apply", "-f", file, "--yes", by: route)
            #expect(failed.status == 1, "\(failed)")
            #expect(failed.stderr.contains("end-node-1 failed 3 times: volume "), "\(failed)")
            route.fleet.cut()
            let unreachable = try await lab.dialtone("apply", "-f", file, "--yes", by: route)
            #expect(unreachable.status == 69, "\(unreachable)")
            try route.fleet.mend()
            // Mended, it goes on; what is held stays so.
            try await lab.successful(["rm", "\(lab.directory)/volumes/default-pool"])
            let rest = try await lab.dialtone("apply", "-f", file, "--yes", by: route)
            #expect(rest.status == 77, "\(rest)")
            #expect(try await lab.document("/dialtone/end/shares")["instances"].array.count == 1)
        }
    }

    private static let stranger = """
        <domain type='test'><name>end-node-2</name><memory unit='MiB'>64</memory><vcpu>1</vcpu><os><type>hvm</type></os></domain>
        """
}
