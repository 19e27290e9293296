import ClusterModel
import Provisioning

/// One effect on one system. Each may be cut short anywhere and repeated: what is there and equal is done.
public enum Operation: Sendable, Hashable {
    case hypervisor(String, HypervisorOperation)
    case registry(RegistryOperation)
    case units(UnitOperation)
}

extension Operation {
    /// The same with the time of its beginning. A node's `startedAt` is of just before its start: what comes before it in the same action, an upload
    /// above all, may take longer than the node may take to join.
    public func stamped(at now: Instant) -> Operation {
        guard case .hypervisor(let hypervisor, .start(let name, let uuid, _)) = self else { return self }
        return .hypervisor(hypervisor, .start(name: name, uuid: uuid, at: now))
    }
}

/// Effects on one libvirt. Those that give a node something do so only while its domain stands, since its mark is what
/// makes the thing ours; those that take something away read it again just before, and do nothing to what is not
/// the thing that was meant (`PortError.changed`).
public enum HypervisorOperation: Sendable, Hashable {
    /// Defines the domain with its mark. Another domain of that name, or one that is not this cluster's, is left alone.
    case define(NodeDefinition)
    /// Adds the reservation to the network, live and in its configuration.
    case reserve(NodeReference)
    /// Uploads a base image that no node has been started from yet: what is there of it may be half of it.
    case ensureImage(pool: String, ImageUpload)
    /// Makes the node's disk anew: only of nodes that never ran.
    case createOverlay(NodeReference, backing: String, format: ImageFormat, gibibytes: Int)
    /// Writes the config drive, unless an equal one (by its name) is there and `fresh` is false.
    case writeDrive(NodeReference, NodeDrive, fresh: Bool)
    /// Writes `startedAt` into the mark, takes `awaitsRestart` from it, and starts the domain; one that runs is done.
    case start(name: String, uuid: String, at: Instant)
    /// Asks the guest to shut down and forces it after `seconds`; one that is off or gone is done.
    case stop(NodeReference, seconds: Int)
    case deleteVolume(NodeReference, volume: String)
    /// Deletes a base image of ours, unless another volume stands on it.
    case deleteUnusedImage(NodeReference, volume: String)
    case release(NodeReference)
    case undefine(NodeReference)
}

/// The content of a config drive.
public struct NodeDrive: Sendable, Hashable {
    public var label: String
    public var files: [File]

    public struct File: Sendable, Hashable {
        public var name: String
        public var content: [UInt8]
    }

    public init(_ drive: NoCloudDrive) {
        label = NoCloudDrive.label
        files = drive.files.map { File(name: $0.name, content: $0.content) }
    }
}

/// Writes to etcd; each is a transaction that compares the leader key's create revision.
public enum RegistryOperation: Sendable, Hashable {
    case writeShares(cluster: String, Shares)
    case writeRollout(cluster: String, RolloutRecord?, obeys: [CanaryOrder])
    /// Written just before a node or an instance is destroyed or replaced.
    case recordDestruction(cluster: String, target: String, verb: String, at: Instant)
    /// Deletes the cluster's keys but the leader's, which goes with its lease.
    case forget(cluster: String)
}

/// Effects on what runs units.
public enum UnitOperation: Sendable, Hashable {
    /// Puts the unit, launched. A unit of that name that is not this cluster's is left alone.
    case put(UnitFile, cluster: String)
    /// Deletes the unit; one that is gone is done, one that is not this cluster's is left alone.
    case remove(name: String, cluster: String)
}
