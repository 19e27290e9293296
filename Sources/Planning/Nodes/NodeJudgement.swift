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
        } else if let loss = Self.loss(node, definition, state, survey) {
            self = domain.run == .off ? .restart(loss, []) : .update(loss, [])
        } else if domain.run == .off {
            self = .start("is not running")
        } else {
            self = .fine
        }
    }

    /// What a node lacks that can be put back around it.
    private static func loss(
        _ node: Survey.Node, _ definition: NodeDefinition, _ state: HypervisorState?, _ survey: Survey
    ) -> String? {
        let owns = node.mark.owns
        if state?.pool?.volumes.contains(owns.drive) != true { return "its volume \(owns.drive) is gone" }
        if let upload = lostImage(node, definition, survey) { return "its base image \(upload.volume) is gone" }
        let reservation = survey.indexes[node.hypervisor]?.reservationByMAC[owns.reservation.mac]
        if state?.network != nil, reservation != owns.reservation { return "its address reservation is gone" }
        return nil
    }

    /// The upload that puts a node's base image back, where that is gone. Its name is its content's hash: the file of that hash is the same again.
    static func lostImage(_ node: Survey.Node, _ definition: NodeDefinition, _ survey: Survey) -> ImageUpload? {
        guard let upload = definition.upload, upload.volume == node.mark.owns.image, !upload.file.sha256.isEmpty,
            survey.observed.hypervisors[node.hypervisor]?.value?.pool?.volumes.contains(upload.volume) == false
        else { return nil }
        return upload
    }
}
