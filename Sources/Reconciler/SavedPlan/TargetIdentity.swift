import ClusterModel
import Provisioning

extension Identity {
    /// What stands under a name, for comparing it later: its applied inputs, or that nothing does.
    static func of(_ target: String, in observed: Observed, _ cluster: String) -> String {
        for (_, reading) in observed.hypervisors.sorted(by: { $0.key < $1.key }) {
            guard let domain = reading.value?.domains[target] else { continue }
            return domain.nodeMark.map { node($0.inputs) } ?? "foreign domain \(domain.uuid)"
        }
        if let unit = observed.units.value?.units[target] {
            if let mark = unit.kamailio { return kamailio(mark.inputs) }
            return unit.mark.map {
                $0.component == .asterisk
                    ? instance($0.inputs, $0.track) : announcer(of: $0.announces ?? "", $0.announcing)
            }
                ?? "foreign unit"
        }
        return "absent"
    }

    static func node(_ inputs: NodeInputs) -> String { "node " + short(CanonicalJSON.text(inputs)) }

    static func instance(_ inputs: InstanceInputs, _ track: Track) -> String {
        "instance \(track.rawValue) " + short(CanonicalJSON.text(inputs))
    }

    static func kamailio(_ inputs: KamailioInputs) -> String { "kamailio " + short(CanonicalJSON.text(inputs)) }

    static func announcer(of hash: String, _ inputs: AnnouncerInputs?) -> String {
        let told = inputs ?? AnnouncerInputs()
        return "announcer of \(hash)" + (told == AnnouncerInputs() ? "" : " " + short(CanonicalJSON.text(told)))
    }

    private static func short(_ text: String) -> String { String(Digest.sha256(text.utf8).prefix(16)) }
}

extension Action.Kind {
    /// The kind alone, in a saved plan and in JSON.
    public var word: String {
        switch self {
        case .createNode: "createNode"
        case .completeNode: "completeNode"
        case .startNode: "startNode"
        case .updateNode: "updateNode"
        case .restartNode: "restartNode"
        case .replaceNode: "replaceNode"
        case .destroyNode: "destroyNode"
        case .placeInstance: "placeInstance"
        case .replaceInstance: "replaceInstance"
        case .removeInstance: "removeInstance"
        case .placeAnnouncer: "placeAnnouncer"
        case .removeAnnouncer: "removeAnnouncer"
        case .placeKamailio: "placeKamailio"
        case .updateKamailio: "updateKamailio"
        case .removeKamailio: "removeKamailio"
        case .writeShares: "writeShares"
        case .writeRollout: "writeRollout"
        case .forgetCluster: "forgetCluster"
        }
    }
}

extension Action {
    /// What its target is once it is done.
    var identityAfter: String {
        switch kind {
        case .createNode(let node), .completeNode(_, let node), .startNode(let node), .updateNode(let node),
            .restartNode(let node), .replaceNode(_, let node):
            Identity.node(node.mark.inputs)
        case .placeInstance(let instance), .replaceInstance(let instance):
            Identity.instance(instance.inputs, instance.track)
        case .placeAnnouncer(let instance): Identity.announcer(of: instance.hash, instance.announcing)
        case .placeKamailio(let kamailio), .updateKamailio(let kamailio): Identity.kamailio(kamailio.inputs)
        case .writeShares: "shares"
        case .writeRollout: "canary"
        case .destroyNode, .removeInstance, .removeAnnouncer, .removeKamailio, .forgetCluster: "absent"
        }
    }
}
