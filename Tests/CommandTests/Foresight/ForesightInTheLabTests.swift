import Simulation
import TestSupport
import Testing

/// "`predict` and `settle` are compared with what is re-observed for every kind of action, in the simulation and in the lab."
@Suite struct ForesightInTheLabTests {
    @Test("What is foreseen of each kind of action, and of each wait, is what libvirt, etcd and fleet then show")
    func foresees() async throws {
        try await LabSession.run { lab in
            var manifest = ManifestText(name: "fore", nodes: 2, replicas: 2)
            let foresight = try await LabForesight(lab, manifest)
            try await foresight.comeToRest("the first apply")

            manifest.nodes = 3
            try foresight.change(to: manifest)
            try await foresight.cut(after: 2)
            try await foresight.comeToRest("one more node, cut short after it was defined")

            try await lab.virsh("destroy", "fore-node-1")
            try await foresight.comeToRest("a node that was destroyed")

            for volume in try await lab.volumes() where volume.hasPrefix("fore-node-3-drive") {
                try await lab.virsh("vol-delete", volume, "default-pool")
            }
            try await lab.virsh("undefine", "fore-node-2")
            try await foresight.comeToRest("a drive that was deleted, and a node that was undefined while it runs")

            try await lab.virsh("setvcpus", "fore-node-1", "1", "--config")
            try await foresight.comeToRest("vcpus that were changed")

            try await lab.virsh("vol-delete", "fore-node-2.qcow2", "default-pool")
            try await foresight.comeToRest("an overlay that was deleted")

            try await lab.curlFleet("units/fore-announcer-1.service", method: "DELETE")
            try await lab.etcdctl("put", "/dialtone/fore/shares", "{")
            try await foresight.comeToRest("an announcer that was removed, and shares that are no document")

            manifest.image = "registry.example.net/asterisk:20.10"
            try foresight.change(to: manifest)
            try await foresight.comeToRest("another image")

            manifest.dispatchers = ["edge"]
            // How it goes on is decided by calls, which nobody makes here.
            manifest.canary = .init(steps: [.init(weight: 10, pause: "1s", calls: 0)])
            try foresight.change(to: manifest)
            try await foresight.comeToRest("a canary by steps") {
                foresight.compared.contains(.writeRollout)
                    && foresight.waitedFor.isSuperset(of: [.rollout, .acknowledgement])
            }
            manifest.canary = nil
            try foresight.change(to: manifest)
            try await foresight.comeToRest("the canary is given up")

            manifest.dispatchers = []
            manifest.kamailios = 1
            try foresight.change(to: manifest)
            try await foresight.comeToRest("a Kamailio")
            manifest.listen = 5075
            try foresight.change(to: manifest)
            try await foresight.comeToRest("another port")
            manifest.kamailios = 0
            try foresight.change(to: manifest)
            try await foresight.comeToRest("no Kamailio any more")

            manifest.replicas = 1
            try foresight.change(to: manifest)
            try await lab.curlFleet("units/fore-asterisk-2.service", method: "DELETE")
            try await foresight.comeToRest("an instance's unit that was removed, and the instance is asked for no more")

            foresight.leave()
            try await foresight.comeToRest("the end")
            try await foresight.giveUp()
            #expect(Set(ActionKind.allCases).subtracting(foresight.compared) == [], "kinds that were never compared")
            // Keys of agents outlive the last unit only when somebody else took it away: in the simulation.
            // Calls that end are the simulation's affair, and that of the tests of drains.
            let elsewhere: Set<WaitKind> = [.lapse, .drain]
            #expect(Set(WaitKind.allCases).subtracting(foresight.waitedFor).subtracting(elsewhere) == [])
        }
    }
}
