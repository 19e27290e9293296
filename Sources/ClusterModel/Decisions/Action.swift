/// One thing to do. Carries all that doing it takes, so that whoever carries it out decides nothing.
public struct Action: Sendable, Hashable, Codable {
    public var kind: Kind
    public var reason: String
    public var changes: [Change]
    /// Calls that it ends: only where their drain ran out of time and `asterisk.drain.onTimeout` is `cut`.
    public var cuts: Int

    public init(_ kind: Kind, reason: String, changes: [Change] = [], cuts: Int = 0) {
        self.kind = kind
        self.reason = reason
        self.changes = changes
        self.cuts = cuts
    }

    /// Definitions have many parts: an action is copied as one reference to them.
    public enum Kind: Sendable, Hashable, Codable {
        indirect case createNode(NodeDefinition)
        /// Goes on with a node of which a part is missing and which never ran.
        indirect case completeNode(NodeReference, NodeDefinition)
        indirect case startNode(NodeDefinition)
        /// Puts back what the node owns around its running machine, which goes on undisturbed.
        indirect case updateNode(NodeDefinition)
        /// Writes the domain anew and starts it again.
        indirect case restartNode(NodeDefinition)
        indirect case replaceNode(NodeReference, NodeDefinition)
        indirect case destroyNode(NodeReference)
        indirect case placeInstance(InstanceDefinition)
        /// The same instance on the same node with other options.
        indirect case replaceInstance(InstanceDefinition)
        case removeInstance(name: String, node: String)
        indirect case placeAnnouncer(InstanceDefinition)
        case removeAnnouncer(name: String)
        indirect case placeKamailio(KamailioDefinition)
        /// The same Kamailio on the same node with other options, or the agent beside it put back.
        indirect case updateKamailio(KamailioDefinition)
        case removeKamailio(name: String, node: String)
        indirect case writeShares(Shares)
        /// How far the canary has come; `nil`: there is none any more. Takes the orders away that it obeys.
        indirect case writeRollout(RolloutRecord?, obeys: [CanaryOrder])
        /// Removes the cluster's keys, once nothing else of it is left.
        case forgetCluster(name: String)
    }

    /// The object, by name.
    public var target: String {
        switch kind {
        case .createNode(let node), .completeNode(_, let node), .startNode(let node), .updateNode(let node),
            .restartNode(let node), .replaceNode(_, let node):
            node.name
        case .destroyNode(let node): node.name
        case .placeInstance(let instance), .replaceInstance(let instance): instance.name
        case .removeInstance(let name, _): name
        case .placeAnnouncer(let instance): instance.announcer
        case .removeAnnouncer(let name): name
        case .placeKamailio(let kamailio), .updateKamailio(let kamailio): kamailio.name
        case .removeKamailio(let name, _): name
        case .writeShares: "shares"
        case .writeRollout: "canary"
        case .forgetCluster(let name): name
        }
    }

    /// Whether a node or an instance is destroyed or replaced: what `safety.maxDestroy` counts.
    public var isDestructive: Bool {
        switch kind {
        case .replaceNode, .destroyNode, .replaceInstance, .removeInstance: true
        case .createNode, .completeNode, .startNode, .updateNode, .restartNode, .placeInstance, .placeAnnouncer,
            .removeAnnouncer, .placeKamailio, .updateKamailio, .removeKamailio, .writeShares, .writeRollout,
            .forgetCluster:
            false
        }
    }

    public enum Verb: String, Sendable, Hashable, Codable {
        case create, change, replace, destroy
    }

    public var verb: Verb {
        switch kind {
        case .createNode, .placeInstance, .placeAnnouncer, .placeKamailio: .create
        case .completeNode, .startNode, .updateNode, .restartNode, .updateKamailio, .writeShares, .writeRollout: .change
        case .replaceNode, .replaceInstance: .replace
        case .destroyNode, .removeInstance, .removeAnnouncer, .removeKamailio, .forgetCluster: .destroy
        }
    }
}

/// A node as it is to be.
public struct NodeDefinition: Sendable, Hashable, Codable {
    public var name: String
    public var hypervisor: String
    public var uuid: String
    public var mark: NodeMark
    /// The base image to upload where the pool has none; `nil`: it is there.
    public var upload: ImageUpload?
    /// The user's own part of the drive; goes there and nowhere else.
    public var userData: Secret?

    public init(
        name: String, hypervisor: String, uuid: String, mark: NodeMark, upload: ImageUpload?, userData: Secret?
    ) {
        self.name = name
        self.hypervisor = hypervisor
        self.uuid = uuid
        self.mark = mark
        self.upload = upload
        self.userData = userData
    }
}

/// A base image that has to reach a pool.
public struct ImageUpload: Sendable, Hashable, Codable {
    /// On this machine.
    public var path: String
    public var volume: String
    public var file: ImageFile

    public init(path: String, volume: String, file: ImageFile) {
        self.path = path
        self.volume = volume
        self.file = file
    }
}

/// A domain that is there, as it was observed: enough to tell it from another of its name.
public struct NodeReference: Sendable, Hashable, Codable {
    public var name: String
    public var hypervisor: String
    public var uuid: String
    public var owns: Owned

    public init(name: String, hypervisor: String, uuid: String, owns: Owned) {
        self.name = name
        self.hypervisor = hypervisor
        self.uuid = uuid
        self.owns = owns
    }
}

/// An instance of Asterisk and the announcer beside it, as they are to be.
public struct InstanceDefinition: Sendable, Hashable, Codable {
    public var name: String
    public var announcer: String
    public var cluster: String
    public var track: Track
    public var inputs: InstanceInputs
    /// Hash of the unit's options.
    public var hash: String
    /// What its announcer is told beside it.
    public var announcing: AnnouncerInputs

    public init(
        name: String, announcer: String, cluster: String, track: Track, inputs: InstanceInputs, hash: String,
        announcing: AnnouncerInputs = AnnouncerInputs()
    ) {
        self.name = name
        self.announcer = announcer
        self.cluster = cluster
        self.track = track
        self.inputs = inputs
        self.hash = hash
        self.announcing = announcing
    }
}

/// A Kamailio and the agent beside it, as they are to be.
public struct KamailioDefinition: Sendable, Hashable, Codable {
    public var name: String
    /// The agent's unit; it reports as `name`.
    public var dispatcher: String
    public var cluster: String
    public var inputs: KamailioInputs

    public init(name: String, dispatcher: String, cluster: String, inputs: KamailioInputs) {
        self.name = name
        self.dispatcher = dispatcher
        self.cluster = cluster
        self.inputs = inputs
    }
}

/// Text that may be secret: it prints and encodes as a placeholder. A saved plan therefore takes it from the manifest anew.
public struct Secret: Sendable, Hashable, Codable, CustomStringConvertible, CustomDebugStringConvertible {
    public var text: String

    public init(_ text: String) {
        self.text = text
    }

    public var description: String { "(secret)" }
    public var debugDescription: String { "(secret)" }

    public init(from decoder: any Decoder) throws {
        text = try decoder.singleValueContainer().decode(String.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
