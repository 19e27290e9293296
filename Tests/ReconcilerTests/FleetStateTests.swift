import ClusterModel
import Fleet
import Testing

@testable import Reconciler

/// fleet's answers as what runs where.
@Suite struct FleetStateTests {
    private typealias Run = ClusterModel.UnitState.Run

    private func run(_ states: [(machine: String, word: String)]) -> Run? {
        let units = UnitsState(
            machines: ["m1", "m2"].map { FleetMachine(id: $0, primaryIP: "10.0.0.1") },
            units: [FleetUnit(name: "a.service", options: [], desiredState: .launched)],
            states: states.map {
                Fleet.UnitState(
                    name: "a.service", hash: "", machineID: $0.machine, systemdLoadState: "loaded",
                    systemdActiveState: $0.word, systemdSubState: "")
            })
        return units.units["a"]?.run
    }

    @Test(
        "only what is surely over counts as such; a word that is not known says nothing",
        arguments: [
            ("active", .running(machine: "m1")), ("activating", .running(machine: "m1")),
            ("reloading", .running(machine: "m1")), ("refreshing", .running(machine: "m1")),
            ("failed", .failed(machine: "m1")), ("inactive", .stopped(machine: "m1")), ("deactivating", .unreported),
            ("maintenance", .unreported), ("", .unreported), ("unheard-of", .unreported),
        ] as [(String, ClusterModel.UnitState.Run)])
    func words(word: String, run expected: ClusterModel.UnitState.Run) {
        #expect(run([("m1", word)]) == expected)
    }

    @Test(
        "of two machines' words for one unit the one that keeps it alive wins, whichever comes last",
        arguments: [
            ("active", "failed", .running(machine: "m1")), ("active", "inactive", .running(machine: "m1")),
            ("active", "", .running(machine: "m1")), ("deactivating", "failed", .unreported),
            ("deactivating", "inactive", .unreported), ("failed", "inactive", .failed(machine: "m1")),
        ] as [(String, String, ClusterModel.UnitState.Run)])
    func twoMachines(strong: String, weak: String, run expected: ClusterModel.UnitState.Run) {
        #expect(run([("m1", strong), ("m2", weak)]) == expected)
        #expect(run([("m2", weak), ("m1", strong)]) == expected)
    }

    @Test("a state of a machine that is not listed is a ghost, and wins over nothing")
    func ghost() {
        #expect(run([("m1", "failed"), ("gone", "active")]) == .failed(machine: "m1"))
        #expect(run([("gone", "inactive")]) == .unreported)
    }
}
