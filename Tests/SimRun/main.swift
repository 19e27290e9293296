import Simulation

let arguments = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
var cycles = 0
var bad = 0
let clock = ContinuousClock()
let began = clock.now
if arguments.count == 1 {
    var scenario = Scenario(seed: arguments[0])
    scenario.isTracing = true
    let result = scenario.run()
    print(result.trace.joined(separator: "\n"))
    print(result.violations.joined(separator: "\n"))
} else {
    for seed in arguments[0]..<arguments[1] {
        let result = Scenario(seed: seed).run()
        cycles += result.cycles
        if let first = result.violations.first {
            bad += 1
            print("\(seed) [\(result.cycles)]: \(first.prefix(600))")
        }
    }
    print("cycles \(cycles) bad \(bad) in \(clock.now - began)")
}
