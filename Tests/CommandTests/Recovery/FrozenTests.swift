import Glibc
import TestSupport
import Testing

/// A libvirtd that hangs while `run` has connections to it, and calls under way.
@Suite struct FrozenTests {
    private static let told = "unknown: libvirt (default): "

    @Test("run says in time that a libvirtd which hangs is unknown, and ends with 0 on SIGTERM while it still hangs")
    func ends() async throws {
        try await Self.converged { lab, run in
            try await lab.frozen("libvirtd") {
                try await eventually("the outage is told", deadline: .seconds(30)) { run.output.contains(Self.told) }
                run.signal(SIGTERM)
                #expect(try await run.waitForExit(deadline: .seconds(5)) == 0, "\(run.output)")
            }
        }
    }

    @Test("SIGTERM ends run with 0 also while it waits for an answer of a libvirtd that hangs")
    func endsInALook() async throws {
        try await Self.converged { lab, run in
            try await lab.frozen("libvirtd") {
                // A look begins each second, and is not given up for 15 more.
                try await Task.sleep(for: .seconds(3))
                run.signal(SIGTERM)
                #expect(try await run.waitForExit(deadline: .seconds(5)) == 0, "\(run.output)")
                #expect(!run.output.contains(Self.told), "\(run.output)")
            }
        }
    }

    @Test("When libvirtd goes on, so does run: it says so and converges")
    func goesOn() async throws {
        try await Self.converged { lab, run in
            try await lab.frozen("libvirtd") {
                try await eventually("the outage is told", deadline: .seconds(30)) { run.output.contains(Self.told) }
            }
            try await eventually("it is known again", deadline: .seconds(30)) {
                run.output.contains("known again: libvirt (default)")
            }
            try await lab.virsh("destroy", "kept-node-1")
            try await eventually("the cluster stands", deadline: .seconds(60)) {
                try await lab.virsh("domstate", "kept-node-1").hasPrefix("running")
            }
            #expect(try await run.stop() == 0, "\(run.output)")
        }
    }

    private static func converged(_ body: (LabSession, ChildProcess) async throws -> Void) async throws {
        try await LabSession.run { lab in
            let file = try lab.write(ManifestText(name: "kept", nodes: 2, replicas: 1))
            let run = try lab.start("run", "-f", file, "--interval", "1s")
            try await eventually("the cluster stands", deadline: .seconds(20)) {
                try await lab.dialtone("plan", "-f", file, "--detailed-exitcode").status == 0
            }
            try await body(lab, run)
        }
    }
}
