import ClusterModel

/// Every kind of action by name. A new kind does not compile here before it has a name, and a test that asks for `allCases`
/// then misses it until it is compared too.
public enum ActionKind: String, Sendable, Hashable, CaseIterable {
    case createNode, completeNode, startNode, updateNode, restartNode, replaceNode, destroyNode
    case placeInstance, replaceInstance, removeInstance, placeAnnouncer, removeAnnouncer
    case placeKamailio, updateKamailio, removeKamailio
    case writeShares, writeRollout, forgetCluster

    public init(_ action: Action) {
        self =
            switch action.kind {
            case .createNode: .createNode
            case .completeNode: .completeNode
            case .startNode: .startNode
            case .updateNode: .updateNode
            case .restartNode: .restartNode
            case .replaceNode: .replaceNode
            case .destroyNode: .destroyNode
            case .placeInstance: .placeInstance
            case .replaceInstance: .replaceInstance
            case .removeInstance: .removeInstance
            case .placeAnnouncer: .placeAnnouncer
            case .removeAnnouncer: .removeAnnouncer
            case .placeKamailio: .placeKamailio
            case .updateKamailio: .updateKamailio
            case .removeKamailio: .removeKamailio
            case .writeShares: .writeShares
            case .writeRollout: .writeRollout
            case .forgetCluster: .forgetCluster
            }
    }
}
