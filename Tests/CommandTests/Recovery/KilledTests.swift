import Glibc
import TestSupport
import Testing

/// "A process killed with SIGKILL ... at eight of them in the lab: all end in the same state, with nothing left over."
@Suite struct KilledTests {
    /// Where `dialtone` is killed: a call took effect, and its answer never came.
    struct Boundary: Sendable, CustomTestStringConvertible {
        enum Command: Sendable {
            case create, replace, destroy
        }

        var testDescription: String
        var command: Command
        var call: @Sendable (Relay.Call) -> Bool

        init(_ text: String, _ command: Command, _ call: @escaping @Sendable (Relay.Call) -> Bool) {
            testDescription = text
            self.command = command
            self.call = call
        }
    }

    private static let boundaries = [
        Boundary("after the domain was defined", .create) { $0.isCall(.defineXML, about: "cut-node-1") },
        Boundary("after the reservation was added", .create) { $0.isCall(.networkUpdate, about: "cut-node-2") },
        Boundary("after the base image's volume was made", .create) { $0.isCall(.volumeCreateXML, about: "dialtone-") },
        Boundary("after the overlay was made", .create) { $0.isCall(.volumeCreateXML, about: "cut-node-1.qcow2") },
        Boundary("after the domain was started", .create) { $0.isCall(.create, about: "cut-node-2") },
        Boundary("after the instance's unit was put", .create) { $0.isPut("cut-asterisk-1") },
        Boundary("after the announcer's unit was put", .create) { $0.isPut("cut-announcer-1") },
        Boundary("after the shares were written", .create) { $0.isTransaction("/dialtone/cut/shares") },
        Boundary("in the middle of a replacement, when the old volume is gone", .replace) {
            $0.isCall(.volumeDelete, about: "cut-node-")
        },
        Boundary("in the middle of a replacement, when the new domain is defined", .replace) {
            $0.isCall(.defineXML, about: "cut-node-")
        },
        Boundary("in the middle of a destroy, when a unit is gone", .destroy) { $0.isDelete("cut-asterisk-") },
        Boundary("in the middle of a destroy, when a volume is gone", .destroy) {
            $0.isCall(.volumeDelete, about: "cut-node-")
        },
    ]

    @Test("apply and destroy, killed at any of twelve boundaries, are finished by a second run, and nothing is left over")
    func killed() async throws {
        try await concurrently(Self.boundaries) { boundary in
            try await LabSession.routed { lab, route in
                let before = ManifestText(name: "cut", nodes: 2, replicas: 2)
                var after = before
                if boundary.command == .replace { after.userData = "#!/bin/sh\ntrue\n" }
                let empty = try await lab.clusterState()
                let file = try lab.write(before)
                if boundary.command != .create {
                    let made = try await lab.dialtone("apply", "-f", file, "--yes", by: route)
                    #expect(made.status == 0, "\(boundary.testDescription): \(made)")
                }
                _ = try lab.write(after)
                try await Self.kill(boundary, file, lab, route)
                guard boundary.command != .destroy else {
                    let again = try await lab.dialtone("destroy", "-f", file, "--yes", by: route)
                    #expect(again.status == 0, "\(boundary.testDescription): \(again)")
                    return try await lab.expectState(empty, "\(boundary.testDescription), destroyed")
                }
                let again = try await lab.dialtone("apply", "-f", file, "--yes", by: route)
                #expect(again.status == 0, "\(boundary.testDescription): \(again)")
                let planned = try await lab.dialtone("plan", "-f", file, "--detailed-exitcode", by: route)
                #expect(planned.status == 0, "\(boundary.testDescription): \(planned)")
                let state = try await lab.clusterState()
                let destroyed = try await lab.dialtone("destroy", "-f", file, "--yes", by: route)
                #expect(destroyed.status == 0, "\(boundary.testDescription): \(destroyed)")
                try await lab.expectState(empty, "\(boundary.testDescription), destroyed")
                let fresh = try await lab.dialtone("apply", "-f", file, "--yes", by: route)
                #expect(fresh.status == 0, "\(boundary.testDescription): \(fresh)")
                try await lab.expectState(state, "\(boundary.testDescription), beside a fresh apply")
            }
        }
    }

    private static func kill(
        _ boundary: Boundary, _ file: String, _ lab: LabSession, _ route: Route
    ) async throws {
        let victim = Victim()
        for relay in [route.libvirt, route.etcd, route.fleet] { relay.when(boundary.call) { victim.signal(SIGKILL) } }
        let command = boundary.command == .destroy ? "destroy" : "apply"
        let child = try lab.start(command, "-f", file, "--yes", by: route)
        victim.become(child)
        let status = try await child.waitForExit(deadline: .seconds(60))
        #expect(status == 128 + SIGKILL, "\(boundary.testDescription): \(child.output)")
    }
}
