import ClusterModel
import Reconciler

/// How often what goes wrong, in a thousand cases.
public struct Faults: Sendable {
    /// An answer takes ten times as long.
    public var slow = 0
    /// One system's reading fails.
    var unreadable = 0
    /// A system answers with what was true before, or with parts of then and of now.
    var stale = 0
    /// An operation is refused or does not reach its system.
    var refused = 0
    /// An operation never arrives, and nobody knows.
    var lostBefore = 0
    /// An operation takes effect, and nobody knows.
    var lostAfter = 0
    /// The controller ends after an operation, its state lost.
    var crash = 0
    /// The controller is stopped after an operation, and goes on some time later.
    var freeze = 0
    /// Something happens behind Dialtone's back, in each half minute.
    var hands = 0
    /// Systems that answer nobody.
    var down: Set<Task.Source> = []

    static let none = Faults()

    static func drawn(_ chance: inout Chance) -> Faults {
        func rate(_ chance: inout Chance, _ most: Int) -> Int { chance.happens(500) ? chance.pick(0...most) : 0 }
        return Faults(
            slow: rate(&chance, 100), unreadable: rate(&chance, 80), stale: rate(&chance, 200),
            refused: rate(&chance, 80), lostBefore: rate(&chance, 60), lostAfter: rate(&chance, 60),
            crash: rate(&chance, 60), freeze: rate(&chance, 60), hands: rate(&chance, 700))
    }

    func isDown(_ operation: Reconciler.Operation) -> Bool {
        switch operation {
        case .hypervisor(let name, _): down.contains(.hypervisor(name))
        case .registry: down.contains(.registry)
        case .units: down.contains(.units)
        }
    }
}
