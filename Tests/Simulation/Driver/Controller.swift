import ClusterModel
import Planning
import Reconciler

/// One process that reconciles, with all that its shell would keep for it.
struct Controller {
    let id: Int
    /// Another number for each life: what was meant for an earlier one reaches nobody.
    var life: Int
    var machine: Machine
    var isAlive = true
    var frozenUntil: Instant?
    /// As the lease keeper holds it, with the deadline by its own reckoning.
    var held: (leadership: Leadership, until: Instant)?
    var reading: Reading?
    /// What it saw last, bent by nobody.
    var seen: Observed?
    var jobs: [String: Job] = [:]
    /// Only the latest wake-up counts.
    var wake = 0
    var outcome: Outcome?

    struct Job {
        var action: Action
        var operations: [Reconciler.Operation]
        /// What was known when it was decided on.
        var basis: Observed?
    }

    /// An observation while it is being made, system by system.
    struct Reading {
        var parts: Observed
        var left: Int
    }
}

/// Something that the driver does at a certain time.
enum Task {
    case deliver(Event)
    case read(Source)
    case acquire
    case renew(Leadership)
    case operate(target: String)
    case wake(Int)

    enum Source: Hashable {
        case hypervisor(String)
        case registry
        case units
    }
}
