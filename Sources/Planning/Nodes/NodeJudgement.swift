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
        let mark = node.mark
        let domain = node.domain
        let volumes = sketch.site.state.pool?.volumes ?? []
        let manifest = sketch.inputs.changes(from: mark.inputs)
        let drift = domain.drift(
            from: Hardware(inputs: mark.inputs, owns: mark.owns), awaitsRestart: mark.awaitsRestart)
        if survey.doubled.contains(node.name) {
            self = .stuck("a domain of its name stands on another hypervisor too; remove the one that is too much")
        } else if domain.run != .running, domain.run != .off {
            self = .stuck("somebody paused it or it hangs; resume it or stop it with virsh")
        } else if !domain.persistent {
            // Once it stops, nothing would say what it owned.
            self = .update("its domain was undefined while it ran", [])
        } else if mark.startedAt == nil, domain.run == .off {
            self = .complete("was left half-made")
        } else if !volumes.contains(mark.owns.overlay) {
            self = .replace("its volume \(mark.owns.overlay) is gone", manifest)
        } else if !manifest.allSatisfy({ NodeInputs.restartable.contains($0.field) }) {
            self = .replace("the manifest changed what a running machine cannot take on", manifest)
        } else if !manifest.isEmpty || !drift.isEmpty {
            let why = manifest.isEmpty ? "somebody changed its domain" : "the manifest changed"
            self = .restart(why, manifest + drift)
        } else if domain.run == .running, mark.awaitsRestart || mark.startedAt == nil {
            self = .restart("runs what it was before", [])
        } else if let loss = Self.loss(node, sketch) {
            self = domain.run == .off ? .restart(loss, []) : .update(loss, [])
        } else if domain.run == .off {
            self = .start("is not running")
        } else {
            self = .fine
        }
    }

    /// What a node lacks that can be put back around it.
    private static func loss(_ node: Survey.Node, _ sketch: NodeSketch) -> String? {
        let owns = node.mark.owns
        let site = sketch.site
        if site.state.pool?.volumes.contains(owns.drive) != true { return "its volume \(owns.drive) is gone" }
        if let upload = sketch.lostImage(of: node) { return "its base image \(upload.volume) is gone" }
        let reservation = site.index.reservationByMAC[owns.reservation.mac]
        if site.state.network != nil, reservation != owns.reservation { return "its address reservation is gone" }
        return nil
    }
}
