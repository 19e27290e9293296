import Glibc
import TestSupport
import Testing

/// "An action that would touch an instance with calls, or one whose calls are unknown, is held."
@Suite struct UnknownCallsTests {
    @Test("An instance whose calls are unknown is not replaced or removed, nor its node touched, until they are known")
    func unknown() async throws {
        try await LabSession.run { lab in
            var manifest = ManifestText(name: "calls", nodes: 1, replicas: 1)
            try await lab.apply(manifest)
            let announcer = try lab.pid(of: "calls-announcer-1.service")
            kill(announcer, SIGSTOP)
            defer { kill(announcer, SIGCONT) }
            try await lab.etcdctl("del", "/dialtone/calls/calls/calls-asterisk-1")
            let moment = try await lab.moment()
            for change in ["instance", "node", "gone"] {
                switch change {
                case "instance": manifest.image = "registry.example.net/asterisk:20.10"
                case "node": manifest.userData = "#!/bin/sh\ntrue\n"
                default: (manifest.nodes, manifest.replicas) = (0, 0)
                }
                // It registered not long ago: that it tells its calls is waited for.
                let held = try await lab.dialtone(
                    change == "gone" ? "destroy" : "apply", "-f", lab.write(manifest), "--yes", "--timeout", "2s")
                #expect(held.status == 75, "\(change): \(held)")
                #expect(held.stderr.contains("done:") == false, "\(change): \(held)")
                if change == "gone" { (manifest.nodes, manifest.replicas) = (1, 1) }
            }
            let logs = try await lab.logs(since: moment)
            #expect(logs.libvirtWrites == [] && logs.fleetWrites == [], "nothing was touched")
            kill(announcer, SIGCONT)
            try await lab.expectCalls(0, on: "calls-asterisk-1", of: "calls")
            try await lab.apply(manifest)
            #expect(try await lab.option("ExecStart", of: "calls-asterisk-1")?.contains("asterisk:20.10") == true)
        }
    }

    @Test("An instance for which nobody speaks any more is held while it is in the shares, and so is its node")
    func silent() async throws {
        try await LabSession.run { lab in
            var manifest = ManifestText(name: "calls", nodes: 2, replicas: 1)
            try await lab.apply(manifest)
            // In the announcer's place stands a unit that is somebody else's.
            let announcer = "units/calls-announcer-1.service"
            try await lab.curlFleet(announcer, method: "DELETE")
            try await lab.curlFleet(
                announcer, method: "PUT",
                body:
                    #"{"desiredState":"inactive","options":[{"section":"Service","name":"ExecStart","value":"/bin/true"}]}"#
            )
            try await eventually("nobody speaks for it any more", deadline: .seconds(20)) {
                try await lab.document("/dialtone/calls/instances/calls-asterisk-1") == .null
            }
            let before = try await eventually("fleet tells no state of it any more", deadline: .seconds(20)) {
                let state = try await lab.clusterState()
                return state.keys.contains { $0.hasPrefix("state of calls-announcer-1") } ? nil : state
            }
            manifest.image = "registry.example.net/asterisk:20.10"
            try await lab.apply(manifest, status: 77)
            try await lab.expectState(before, "the instance was not touched", deadline: .zero)
            manifest.image = "registry.example.net/asterisk:20.9"
            manifest.vcpus = 1
            let held = try await lab.apply(manifest, status: 77)
            #expect(
                held.stdout.contains("restart calls-node-1 because calls-asterisk-1: its calls are unknown"), "\(held)")
            #expect(try await lab.option("ExecStart", of: "calls-asterisk-1")?.contains("asterisk:20.9") == true)
            try await lab.curlFleet(announcer, method: "DELETE")
            try await lab.apply(manifest)
        }
    }
}
