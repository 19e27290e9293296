import Simulation
import Testing

/// "A process killed with SIGKILL (at every action boundary in the simulation ...): all end in the same state, with nothing left over."
@Suite struct CrashTests {
    @Test(
        "killed after any operation, a cluster ends as the manifest says, with nothing left over",
        arguments: CrashScenario.Part.allCases)
    func killed(_ part: CrashScenario.Part) {
        let scenario = CrashScenario()
        let count = scenario.operations(of: part)
        #expect(count > 15)
        for operation in 1...count {
            #expect(scenario.violations(of: part, crashAfter: operation) == [], "killed after operation \(operation)")
        }
    }
}
