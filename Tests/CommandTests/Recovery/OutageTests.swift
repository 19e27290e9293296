import TestSupport
import Testing

/// "fleet down, etcd down, libvirt down, each in turn: exit 69 with what was tried; nothing destroyed; `plan` still shows what can be known, and what is
/// unknown with the reason (in `run` also with its age)."
@Suite struct OutageTests {
    struct System: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// As a plan names it.
        var source: String
        /// What a status says all the same.
        var known: String
        /// What a plan says all the same: of what is wrong, what it can know.
        var planned: [String]
        var relay: @Sendable (Route) -> Relay

        static let all = [
            System(
                testDescription: "libvirt", source: "libvirt (default)", known: "out-asterisk-1",
                planned: ["remove out-asterisk-2", "replace out-asterisk-1"].map {
                    "! held: \($0) because hypervisor default cannot be read: which instances are up is not known"
                }
            ) {
                $0.libvirt
            },
            System(
                testDescription: "etcd", source: "etcd", known: "out-node-1",
                planned: [
                    "! held: change out-node-2 because etcd cannot be read, and nothing is done without its lease: "
                ]
            ) { $0.etcd },
            System(
                testDescription: "fleet", source: "fleet", known: "out-node-1",
                planned: ["~ node out-node-2 on default, start: is not running"]
            ) { $0.fleet },
        ]
    }

    @Test(
        "With a system down every command says what was tried and exits 69, shows what is known, and destroys nothing",
        arguments: System.all)
    func down(_ system: System) async throws {
        try await LabSession.routed { lab, route in
            var manifest = ManifestText(name: "out", nodes: 3, replicas: 3)
            let made = try await lab.dialtone("apply", "-f", lab.write(manifest), "--yes", by: route)
            #expect(made.status == 0, "\(made)")
            // Something is to go, something to be replaced, and something lies on the floor.
            manifest.nodes = 2
            manifest.replicas = 1
            manifest.image = "registry.example.net/asterisk:20.10"
            let file = try lab.write(manifest)
            try await lab.virsh("destroy", "out-node-2")
            let moment = try await lab.moment()
            let relay = system.relay(route)
            relay.cut()
            for command in ["plan", "apply --yes", "destroy --yes", "status"] {
                let words = command.split(separator: " ").map(String.init)
                let output = try await lab.dialtone(words + ["-f", file] + route.flags)
                #expect(output.status == 69, "\(command): \(output)")
                #expect(output.stdout.contains("? \(system.source): "), "\(command): \(output)")
                #expect(output.stdout.contains(relay.words), "what was tried: \(output)")
                if command == "status" { #expect(output.stdout.contains(system.known), "\(output)") }
                for planned in system.planned where command == "plan" {
                    #expect(output.stdout.contains(planned), "\(output)")
                }
            }
            let logs = try await lab.logs(since: moment)
            #expect(logs.fleetWrites == [])
            #expect(logs.libvirtWrites.allSatisfy { $0 == "virDomainSetMetadata" || $0 == "virDomainCreate" })
        }
    }

    @Test("run says what is unknown and how old its last look is, and converges when the system is back")
    func comesBack() async throws {
        try await concurrently(System.all) { try await Self.comesBack($0) }
    }

    private static func comesBack(_ system: System) async throws {
        try await LabSession.routed { lab, route in
            let manifest = ManifestText(name: "out", nodes: 2, replicas: 2)
            let file = try lab.write(manifest)
            // Nothing but the outage itself makes it look again in time.
            let run = try lab.start("run", "-f", file, "--interval", "10h", by: route)
            try await eventually("the cluster stands", deadline: .seconds(20)) {
                try await lab.dialtone(["plan", "-f", file, "--detailed-exitcode"] + route.flags).status == 0
            }
            let state = try await lab.clusterState()
            let relay = system.relay(route)
            relay.cut()
            try await lab.virsh("destroy", "out-node-1")
            if system.testDescription == "libvirt" { try await lab.etcdctl("del", "/dialtone/out/shares") }
            let line = try await eventually("the outage is told", deadline: .seconds(20)) {
                run.output.split(separator: "\n").first { $0.hasPrefix("unknown: \(system.source): ") }
            }
            #expect(line.contains(relay.words) && line.contains("(last known ") && line.hasSuffix(" s ago)"), "\(line)")
            try relay.mend()
            try await lab.expectState(state, "run, after \(system.testDescription) came back", deadline: .seconds(30))
            #expect(run.output.contains("known again: \(system.source)"), "\(run.output)")
            #expect(try await run.stop() == 0, "\(run.output)")
        }
    }

    @Test("A system that hangs is given up on: 69, and all that it had is there when it goes on")
    func hangs() async throws {
        try await concurrently(["libvirtd", "etcd", "supervisor"]) { try await Self.hangs($0) }
    }

    private static func hangs(_ process: String) async throws {
        try await LabSession.run { lab in
            let manifest = ManifestText(name: "out", nodes: 2, replicas: 1)
            try await lab.apply(manifest)
            let state = try await lab.clusterState()
            let applied = try await lab.frozen(process) {
                try await lab.dialtone("apply", "-f", lab.write(manifest), "--yes", deadline: .seconds(20))
            }
            #expect(applied.status == 69, "\(process): \(applied)")
            try await lab.expectState(state, "after \(process) hung")
        }
    }
}
