import ClusterModel
import Provisioning
import Reconciler
import TestSupport
import Testing

/// "A unit that still means the same is never written again": for fleet every write replaces the running service.
@Suite struct SameUnitTests {
    @Test("A unit that means the same is not put again, whenever it was put; one that was stopped or changed is")
    func sameUnit() async throws {
        try await LabSession.run { lab in
            try await lab.apply(ManifestText(name: "same", nodes: 1, replicas: 1))
            let foresight = try await LabForesight(lab, ManifestText(name: "same", nodes: 1, replicas: 1))
            let mark = try #require(try await foresight.ports.units.observe().units["same-asterisk-1"]?.mark)
            let definition = InstanceDefinition(
                name: "same-asterisk-1", announcer: "same-announcer-1", cluster: "same", track: mark.track,
                inputs: mark.inputs, hash: mark.hash)
            let moment = try await lab.moment()
            func put() async throws {
                let pair = InstanceUnits(definition, putAt: Clock().now())
                for file in [pair.main, pair.announcer] {
                    try await foresight.ports.units.perform(.put(file, cluster: "same"))
                }
            }
            try await put()
            #expect(try await lab.logs(since: moment).fleetWrites == [])
            try await lab.curlFleet(
                "units/same-announcer-1.service", method: "PUT", body: #"{"desiredState":"inactive"}"#)
            try await put()
            let writes = try await lab.logs(since: moment).fleetWrites
            #expect(writes.count == 2 && writes.allSatisfy { $0.hasSuffix("/same-announcer-1.service") }, "\(writes)")
            try await foresight.giveUp()
        }
    }
}
