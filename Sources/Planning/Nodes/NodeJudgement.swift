import ClusterModel

/// What one standing node needs, whatever it may cost: nothing is held or counted here.
enum NodeJudgement {
    case fine
    case complete(String)
    case start(String)
    /// Put back what it owns, with the machine running on.
    case update(String, [Change])
    case restart(String, [Change])
    case replace(String, [Change])
    case stuck(String)

    init(_ node: Survey.Node, as definition: NodeDefinition, _ survey: Survey) {
        let mark = node.mark
        let domain = node.domain
        let state = survey.observed.hypervisors[node.hypervisor]?.value
        let volumes = state?.pool?.volumes ?? []
        let manifest = definition.mark.inputs.changes(from: mark.inputs)
        let drift = domain.hardware.map { $0.drift(from: Hardware(inputs: mark.inputs, owns: mark.owns)) } ?? []
        if domain.run != .running, domain.run != .off {
            self = .stuck("somebody paused it or it hangs; resume it or stop it with virsh")
        } else if mark.startedAt == nil {
            // A running node loses its time of start when its domain is written anew: it has yet to be started with that.
            self = domain.run == .off ? .complete("was left half-made") : .restart("runs what it was before", drift)
        } else if !volumes.contains(mark.owns.overlay) {
            self = .replace("its volume \(mark.owns.overlay) is gone", manifest)
        } else if !manifest.allSatisfy({ NodeInputs.restartable.contains($0.field) }) {
            self = .replace("the manifest changed what a running machine cannot take on", manifest)
        } else if !manifest.isEmpty || !drift.isEmpty {
            let why = manifest.isEmpty ? "somebody changed its domain" : "the manifest changed"
            self = .restart(why, manifest + drift)
        } else if domain.run == .off {
            self = .start("is not running")
        } else if !domain.persistent {
            self = .update("its domain was undefined while it ran", [])
        } else if !volumes.contains(mark.owns.drive) {
            self = .update("its volume \(mark.owns.drive) is gone", [])
        } else if state?.network != nil,
            survey.indexes[node.hypervisor]?.reservationByMAC[mark.owns.reservation.mac] != mark.owns.reservation
        {
            self = .update("its address reservation is gone", [])
        } else {
            self = .fine
        }
    }
}
