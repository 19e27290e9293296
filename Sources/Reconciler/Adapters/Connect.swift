import ClusterModel

/// Opens nothing by itself: a system that cannot be reached shows when it is first used.
public enum Connect {
    /// The ports of a cluster's real systems.
    /// - Parameter contents: replaces libvirt's uploads, by the hypervisor's name; for drivers that have none.
    public static func ports(
        to spec: ClusterSpec, contents: (HypervisorSpec) -> (any VolumeContents)? = { _ in nil }
    ) throws(PortError) -> Ports {
        throw PortError(.refused, "\(spec.name): not connected yet")
    }
}
