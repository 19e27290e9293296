import TestSupport
import Testing

/// "Convergence from any start ...: all end in the same state, with nothing left over."
@Suite struct AnyStartTests {
    private static let manifest = {
        var manifest = ManifestText(name: "any", nodes: 3, replicas: 2)
        manifest.canary = .init(weight: 10)
        return manifest
    }()

    /// A cluster that was just made, and is made whole again after each disturbance.
    private struct Whole {
        let lab: LabSession
        let file: String
        let state: [String: String]

        init(_ lab: LabSession) async throws {
            self.lab = lab
            file = try lab.write(AnyStartTests.manifest)
            let applied = try await lab.dialtone("apply", "-f", file, "--yes")
            #expect(applied.status == 0, "\(applied)")
            state = try await lab.clusterState()
        }

        /// One `apply` ends in the state of a fresh one. Where somebody has to look first, `apply` says so, and goes on when that is `mended`.
        func survives(
            _ what: String, held: String? = nil, sourceLocation: SourceLocation = #_sourceLocation,
            _ disturb: () async throws -> Void, mended: () async throws -> Void = {}
        ) async throws {
            try await disturb()
            if let held {
                let first = try await lab.dialtone("apply", "-f", file, "--yes")
                #expect(first.status == 77, "\(what): \(first)", sourceLocation: sourceLocation)
                #expect(first.stdout.contains(held), "\(what): \(first)", sourceLocation: sourceLocation)
                try await mended()
            }
            let applied = try await lab.dialtone("apply", "-f", file, "--yes")
            #expect(applied.status == 0, "\(what): \(applied)", sourceLocation: sourceLocation)
            try await lab.expectState(state, what, sourceLocation: sourceLocation)
        }
    }

    @Test("Nodes that were destroyed, stopped or undefined come back as they were")
    func nodes() async throws {
        try await LabSession.run { lab in
            let whole = try await Whole(lab)
            try await whole.survives("destroyed") { try await lab.virsh("destroy", "any-node-1") }
            try await whole.survives("shut down") { try await lab.virsh("shutdown", "any-node-2") }
            try await whole.survives("undefined while it runs") { try await lab.virsh("undefine", "any-node-3") }
            try await whole.survives("undefined with all its storage") {
                try await lab.virsh("destroy", "any-node-1")
                try await lab.virsh("undefine", "any-node-1", "--remove-all-storage")
            }
            try await whole.survives("undefined while it ran, and then destroyed, with all its storage") {
                try await lab.virsh("undefine", "any-node-2")
                try await lab.virsh("destroy", "any-node-2")
                for volume in try await lab.volumes() where volume.hasPrefix("any-node-2") {
                    try await lab.virsh("vol-delete", volume, "default-pool")
                }
            }
        }
    }

    @Test("A node that somebody paused, and volumes that nobody owns any more, are held until somebody looked")
    func heldNodes() async throws {
        try await LabSession.run { lab in
            let whole = try await Whole(lab)
            try await whole.survives("paused", held: "held: change any-node-1 because somebody paused it or it hangs") {
                try await lab.virsh("suspend", "any-node-1")
            } mended: {
                try await lab.virsh("resume", "any-node-1")
            }
            try await whole.survives(
                "undefined, its volumes left",
                held:
                    "held: create any-node-2 because volume 'any-node-2.qcow2' of pool 'default-pool' is there and no node owns it"
            ) {
                try await lab.virsh("destroy", "any-node-2")
                try await lab.virsh("undefine", "any-node-2")
            } mended: {
                for volume in try await lab.volumes() where volume.hasPrefix("any-node-2") {
                    try await lab.virsh("vol-delete", volume, "default-pool")
                }
            }
        }
    }

    @Test("Volumes and reservations that were deleted, and hardware that was changed, come back as they were")
    func belongings() async throws {
        try await LabSession.run { lab in
            let whole = try await Whole(lab)
            try await whole.survives("its overlay is gone") {
                try await lab.virsh("vol-delete", "any-node-1.qcow2", "default-pool")
            }
            try await whole.survives("its drive is gone") {
                for volume in try await lab.volumes() where volume.hasPrefix("any-node-2-drive") {
                    try await lab.virsh("vol-delete", volume, "default-pool")
                }
            }
            try await whole.survives("its reservation is gone") {
                let network = try await lab.virsh("net-dumpxml", "dialtone")
                let line = try #require(network.split(separator: "\n").first { $0.contains("any-node-3") })
                try await lab.virsh(
                    "net-update", "dialtone", "delete", "ip-dhcp-host", String(line.drop { $0 == " " }), "--live",
                    "--config")
            }
            try await whole.survives("its vcpus were changed") {
                try await lab.virsh("setvcpus", "any-node-1", "1", "--config")
            }
            try await whole.survives("its vcpus were changed while it runs, and there alone") {
                try await lab.virsh("setvcpus", "any-node-2", "1", "--live")
            }
            try await whole.survives("its memory was taken while it runs, and there alone") {
                try await lab.virsh("setmem", "any-node-3", "64M", "--live")
            }
        }
    }

    @Test("Units that were removed, changed or stopped by hand come back as they were")
    func units() async throws {
        try await LabSession.run { lab in
            let whole = try await Whole(lab)
            try await whole.survives("an instance's unit removed") {
                try await lab.curlFleet("units/any-asterisk-1.service", method: "DELETE")
            }
            try await whole.survives("an announcer's unit removed") {
                try await lab.curlFleet("units/any-announcer-2.service", method: "DELETE")
            }
            for unit in ["any-asterisk-2", "any-announcer-3"] {
                for target in ["inactive", "loaded"] {
                    try await whole.survives("\(unit) is \(target)") {
                        try await lab.curlFleet(
                            "units/\(unit).service", method: "PUT", body: #"{"desiredState":"\#(target)"}"#)
                    }
                }
                try await whole.survives("\(unit) was changed") {
                    let unit = "units/\(unit).service"
                    let changed = try await lab.curlFleet(unit).replacing(
                        "\"value\":\"always\"", with: "\"value\":\"on-failure\"")
                    try await lab.curlFleet(unit, method: "PUT", body: changed)
                }
            }
        }
    }

    @Test("Keys that were deleted come back as they were")
    func keys() async throws {
        try await LabSession.run { lab in
            let whole = try await Whole(lab)
            try await whole.survives("no shares") { try await lab.etcdctl("del", "/dialtone/any/shares") }
            try await whole.survives("an instance's key is gone") {
                try await lab.etcdctl("del", "/dialtone/any/instances/any-asterisk-1")
            }
            try await whole.survives("an instance's calls are gone") {
                try await lab.etcdctl("del", "/dialtone/any/calls/any-asterisk-2")
            }
            try await whole.survives("all keys are gone") { try await lab.etcdctl("del", "--prefix", "/dialtone/any/") }
            try await whole.survives("shares that are no document") {
                try await lab.etcdctl("put", "/dialtone/any/shares", "{")
            }
        }
    }

    @Test("Everything at once comes back as it was")
    func everything() async throws {
        try await LabSession.run { lab in
            let whole = try await Whole(lab)
            try await whole.survives("all at once") {
                try await lab.virsh("destroy", "any-node-1")
                try await lab.virsh("undefine", "any-node-1", "--remove-all-storage")
                try await lab.virsh("destroy", "any-node-2")
                try await lab.virsh("undefine", "any-node-3")
                try await lab.curlFleet("units/any-asterisk-1.service", method: "DELETE")
                try await lab.curlFleet("units/any-announcer-2.service", method: "DELETE")
                try await lab.curlFleet(
                    "units/any-asterisk-3.service", method: "PUT", body: #"{"desiredState":"inactive"}"#)
                try await lab.etcdctl("del", "--prefix", "/dialtone/any/")
            }
            // Whether a volume of that name is whole is not known once no node says that it is ours.
            try await whole.survives(
                "nothing is left but the base image", held: "of pool 'default-pool' is there and no node owns it"
            ) {
                for number in 1...3 {
                    try await lab.virsh("destroy", "any-node-\(number)")
                    try await lab.virsh("undefine", "any-node-\(number)", "--remove-all-storage")
                    try await lab.curlFleet("units/any-announcer-\(number).service", method: "DELETE")
                    try await lab.curlFleet("units/any-asterisk-\(number).service", method: "DELETE")
                }
                try await lab.etcdctl("del", "--prefix", "/dialtone/any/")
            } mended: {
                for volume in try await lab.volumes() { try await lab.virsh("vol-delete", volume, "default-pool") }
            }
        }
    }
}
