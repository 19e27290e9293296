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

    init(_ node: Survey.Node, as sketch: NodeSketch, _ survey: Survey) {
        let manifest = sketch.inputs.changes(from: node.mark.inputs)
        let drift = node.domain.drift(
            from: Hardware(inputs: node.mark.inputs, owns: node.mark.owns), awaitsRestart: node.mark.awaitsRestart)
        if survey.doubled.contains(node.name) {
            self = .stuck("a domain of its name stands on another hypervisor too; remove the one that is too much")
        } else if node.domain.run == .paused || node.domain.run == .other {
            self = .stuck("somebody paused it or it hangs; resume it or stop it with virsh")
        } else if !node.domain.persistent {
            // Once it stops, nothing would say what it owned.
            self = .update("its domain was undefined while it ran", [])
        } else if Self.isBeginning(node, survey) {
            self = .fine
        } else if node.mark.startedAt == nil, node.domain.run == .off {
            self = .complete("was left half-made")
        } else if sketch.site.state.pool?.volumes.contains(node.mark.owns.overlay) != true {
            self = .replace("its volume \(node.mark.owns.overlay) is gone", manifest)
        } else if !manifest.allSatisfy({ NodeInputs.restartable.contains($0.field) }) {
            self = .replace("the manifest changed what a running machine cannot take on", manifest)
        } else if node.domain.run == .starting {
            self = .restart("its start was not finished: libvirt ended in the middle of it or hangs", manifest + drift)
        } else if !manifest.isEmpty || !drift.isEmpty {
            let why = manifest.isEmpty ? "somebody changed its domain" : "the manifest changed"
            self = .restart(why, manifest + drift)
        } else if node.domain.run == .running, node.mark.awaitsRestart || node.mark.startedAt == nil {
            self = .restart("runs what it was before", [])
        } else if let loss = Self.loss(node, sketch) {
            self = node.domain.run == .off ? .restart(loss, []) : .update(loss, [])
        } else if node.domain.run == .off {
            self = .start("is not running")
        } else {
            self = .fine
        }
    }

    /// Whether libvirt is in the middle of starting it: for so long it is left to end that.
    private static func isBeginning(_ node: Survey.Node, _ survey: Survey) -> Bool {
        guard node.domain.run == .starting, let startedAt = node.mark.startedAt else { return false }
        return survey.now < startedAt.advanced(bySeconds: survey.limits.start)
    }

    /// What a node lacks that can be put back around it.
    private static func loss(_ node: Survey.Node, _ sketch: NodeSketch) -> String? {
        let site = sketch.site
        if site.state.pool?.volumes.contains(node.mark.owns.drive) != true {
            return "its volume \(node.mark.owns.drive) is gone"
        }
        if let upload = sketch.lostImage(of: node) { return "its base image \(upload.volume) is gone" }
        let reservation = node.mark.owns.reservation
        if site.state.network != nil, site.index.reservationByMAC[reservation.mac] != reservation {
            return "its address reservation is gone"
        }
        return nil
    }
}
