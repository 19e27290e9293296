import Glibc
import TestSupport
import Testing

/// `dialtone run`
@Suite struct RunTests {
    /// An interval that no test lives to see: what is done in time is done on account of an event.
    private static let never = "10h"

    @Test("run repairs a destroyed VM and puts back deleted shares without waiting for its interval, and ends with 0 on SIGTERM")
    func repairs() async throws {
        try await LabSession.run { lab in
            let file = try lab.write(ManifestText(name: "kept", nodes: 2, replicas: 1))
            let run = try lab.start("run", "-f", file, "--interval", Self.never)
            try await eventually("the cluster stands", deadline: .seconds(20)) {
                try await lab.dialtone("plan", "-f", file, "--detailed-exitcode").status == 0
            }
            let state = try await lab.clusterState()
            try await lab.virsh("destroy", "kept-node-1")
            try await lab.expectState(state, "a destroyed VM")
            try await lab.etcdctl("del", "/dialtone/kept/shares")
            try await lab.expectState(state, "deleted shares")
            #expect(try await lab.document("/dialtone/kept/leader")["pid"].int == Int(run.pid))
            #expect(try await run.stop() == 0, "\(run.output)")
            #expect(run.output.hasSuffix("ended\n"), "\(run.output)")
            #expect(try await lab.document("/dialtone/kept/leader") == .null)
        }
    }

    @Test("run follows its manifest; one that is wrong is told with its place, and the last good one stays in force")
    func follows() async throws {
        try await LabSession.run { lab in
            var manifest = ManifestText(name: "kept", nodes: 2, replicas: 1)
            let file = try lab.write(manifest)
            let run = try lab.start("run", "-f", file, "--interval", Self.never)
            try await eventually("one instance stands", deadline: .seconds(20)) {
                try await lab.document("/dialtone/kept/shares")["instances"].array.count == 1
            }
            let wrong = "apiVersion: dialtone/v1\nkind: Cluster\nmetadata: {name: kept}\nspec: {node: {count: 2}}\n"
            try lab.files.write(wrong, to: "cluster.yaml")
            try await eventually("the problem is told") {
                run.output.contains("\(file):4:8: ") && run.output.contains("the last good one stays in force")
            }
            try await lab.virsh("destroy", "kept-node-1")
            try await eventually("the last good one is in force") {
                try await lab.virsh("domstate", "kept-node-1").hasPrefix("running")
            }
            manifest.replicas = 2
            _ = try lab.write(manifest)
            try await eventually("two instances stand", deadline: .seconds(20)) {
                try await lab.document("/dialtone/kept/shares")["instances"].array.count == 2
            }
            #expect(run.output.contains("the manifest changed"), "\(run.output)")
            #expect(try await run.stop() == 0, "\(run.output)")
        }
    }

    @Test("SIGTERM in the middle of its work lets what runs end, and gives the lead back")
    func endsInTheMiddle() async throws {
        try await LabSession.routed { lab, route in
            let file = try lab.write(ManifestText(name: "kept", nodes: 2, replicas: 2))
            let victim = Victim()
            route.libvirt.when({ $0.isCall(.defineXML, about: "kept-node-1") }) { victim.signal(SIGTERM) }
            let run = try lab.start("run", "-f", file, by: route)
            victim.become(run)
            #expect(try await run.waitForExit() == 0, "\(run.output)")
            // The node whose making had begun is whole; what had not begun is not there.
            #expect(try await lab.virsh("domstate", "kept-node-1").hasPrefix("running"))
            #expect(try await lab.instances(of: "kept") == [])
            #expect(try await lab.document("/dialtone/kept/leader") == .null)
            let applied = try await lab.dialtone("apply", "-f", file, "--yes", by: route)
            #expect(applied.status == 0, "\(applied)")
        }
    }
}
