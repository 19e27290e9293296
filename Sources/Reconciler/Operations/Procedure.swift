import ClusterModel
import Planning
import Provisioning

/// An action as the operations that carry it out, in order. No decision is taken here: cut anywhere, the next step sees what is left.
public struct Procedure: Sendable, Hashable {
    public var operations: [Operation]

    /// Seconds that a guest is given to shut down before it is forced.
    public static let shutdownGrace = 30

    public init(_ action: Action, cluster: String, at now: Instant) {
        operations = []
        if action.isDestructive {
            operations.append(
                .registry(
                    .recordDestruction(
                        cluster: cluster, target: action.target, verb: action.verb.rawValue, at: now)))
        }
        switch action.kind {
        case .createNode(let node):
            operations += Self.create(node, at: now)
        case .completeNode(let before, let node), .replaceNode(let before, let node):
            operations += Self.destroy(before, keeping: node) + Self.create(node, at: now)
        case .startNode(let node):
            operations.append(.hypervisor(node.hypervisor, .start(name: node.name, uuid: node.uuid, at: now)))
        case .updateNode(let node):
            operations += Self.surroundings(node)
        case .restartNode(let node):
            var pending = node
            pending.mark.awaitsRestart = true
            operations += Self.surroundings(pending)
            operations += Self.operations(
                node.hypervisor,
                [
                    .stop(Self.reference(node), seconds: Self.shutdownGrace),
                    .start(name: node.name, uuid: node.uuid, at: now),
                ])
        case .destroyNode(let node):
            operations += Self.destroy(node, keeping: nil)
            operations.append(.hypervisor(node.hypervisor, .undefine(node)))
        case .placeInstance(let instance), .replaceInstance(let instance):
            let pair = InstanceUnits(instance, putAt: now)
            if case .replaceInstance = action.kind {
                operations.append(.units(.remove(name: instance.announcer, cluster: cluster)))
            }
            operations += [
                .units(.put(pair.main, cluster: cluster)), .units(.put(pair.announcer, cluster: cluster)),
            ]
        case .placeAnnouncer(let instance):
            operations.append(.units(.put(InstanceUnits(instance, putAt: now).announcer, cluster: cluster)))
        case .removeInstance(let name, _):
            if let announcer = Names(cluster: cluster).announcer(of: name) {
                operations.append(.units(.remove(name: announcer, cluster: cluster)))
            }
            operations.append(.units(.remove(name: name, cluster: cluster)))
        case .removeAnnouncer(let name):
            operations.append(.units(.remove(name: name, cluster: cluster)))
        case .placeKamailio(let kamailio), .updateKamailio(let kamailio):
            let pair = KamailioUnits(kamailio, putAt: now)
            // The agent is bound to it: it goes first and comes last.
            operations += [
                .units(.remove(name: kamailio.dispatcher, cluster: cluster)),
                .units(.put(pair.main, cluster: cluster)), .units(.put(pair.dispatcher, cluster: cluster)),
            ]
        case .removeKamailio(let name, _):
            if let dispatcher = Names(cluster: cluster).dispatcher(of: name) {
                operations.append(.units(.remove(name: dispatcher, cluster: cluster)))
            }
            operations.append(.units(.remove(name: name, cluster: cluster)))
        case .writeShares(let shares):
            operations.append(.registry(.writeShares(cluster: cluster, shares)))
        case .writeRollout(let record, let orders):
            operations.append(.registry(.writeRollout(cluster: cluster, record, obeys: orders)))
        case .forgetCluster(let name):
            operations.append(.registry(.forget(cluster: name)))
        }
    }

    /// The domain comes first, since its mark is what makes the rest ours.
    private static func create(_ node: NodeDefinition, at now: Instant) -> [Operation] {
        let owns = node.mark.owns
        let inputs = node.mark.inputs
        var steps: [HypervisorOperation] = [
            .define(node), .reserve(reference(node)),
        ]
        if let upload = node.upload { steps.append(.ensureImage(pool: owns.pool, upload)) }
        steps += [
            .createOverlay(
                reference(node), backing: inputs.image, format: inputs.format, gibibytes: inputs.diskGiB),
            .writeDrive(reference(node), drive(node), fresh: true),
            .start(name: node.name, uuid: node.uuid, at: now),
        ]
        return operations(node.hypervisor, steps)
    }

    /// Takes away all but the domain, which says to the last what is ours.
    private static func destroy(_ node: NodeReference, keeping successor: NodeDefinition?) -> [Operation] {
        var steps: [HypervisorOperation] = [
            .stop(node, seconds: shutdownGrace), .deleteVolume(node, volume: node.owns.drive),
            .deleteVolume(node, volume: node.owns.overlay),
        ]
        if let image = node.owns.image, image != successor?.mark.owns.image {
            steps.append(.deleteUnusedImage(node, volume: image))
        }
        steps.append(.release(node))
        return operations(node.hypervisor, steps)
    }

    /// The definition and what lies around the machine, without touching the machine. A base image is uploaded only where it is gone.
    private static func surroundings(_ node: NodeDefinition) -> [Operation] {
        let owns = node.mark.owns
        var steps: [HypervisorOperation] = [.define(node), .reserve(reference(node))]
        if let upload = node.upload { steps.append(.ensureImage(pool: owns.pool, upload)) }
        steps.append(.writeDrive(reference(node), drive(node), fresh: false))
        return operations(node.hypervisor, steps)
    }

    private static func drive(_ node: NodeDefinition) -> NodeDrive {
        NodeDrive(
            NoCloudDrive(
                node: node.name, uuid: node.uuid, mac: node.mark.owns.reservation.mac, inputs: node.mark.inputs,
                userData: node.userData?.text))
    }

    private static func reference(_ node: NodeDefinition) -> NodeReference {
        NodeReference(name: node.name, hypervisor: node.hypervisor, uuid: node.uuid, owns: node.mark.owns)
    }

    private static func operations(_ hypervisor: String, _ steps: [HypervisorOperation]) -> [Operation] {
        steps.map { .hypervisor(hypervisor, $0) }
    }
}
