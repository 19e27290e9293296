import ClusterModel
import Etcd
import Fleet
import HTTPTransport
import Libvirt

/// Opens nothing by itself: a system that cannot be reached shows when it is first used.
public enum Connect {
    /// The ports of a cluster's real systems.
    /// - Parameters:
    ///   - imageHashes: what other processes know of base images.
    ///   - contents: replaces libvirt's uploads, by the hypervisor's name; for drivers that have none.
    public static func ports(
        to spec: ClusterSpec, imageHashes: ImageHashCache? = nil,
        contents: (HypervisorSpec) -> (any VolumeContents)? = { _ in nil }
    ) throws(PortError) -> Ports {
        var hypervisors: [String: any HypervisorPort] = [:]
        for place in spec.hypervisors {
            hypervisors[place.name] = LibvirtHypervisor(
                LibvirtConnection(uri: place.uri), place: place, contents: contents(place))
        }
        guard let fleet = FleetAddress(spec.connections.fleet) else {
            throw PortError(.refused, "fleet: '\(spec.connections.fleet)' is neither unix:PATH nor http://HOST:PORT")
        }
        return Ports(
            hypervisors: hypervisors, registry: registry(of: spec),
            units: FleetUnits(FleetClient(address: fleet)),
            images: ImageFiles(cache: imageHashes))
    }

    /// A cluster's keys.
    public static func registry(of spec: ClusterSpec) -> EtcdRegistry {
        let tls = spec.connections.tls
        let etcd = EtcdClient(
            endpoints: spec.connections.controllerEtcd ?? spec.connections.etcd,
            tls: HTTPClient.TLSFiles(ca: tls?.ca, certificate: tls?.certificate, key: tls?.key))
        return EtcdRegistry(etcd, cluster: spec.name)
    }
}
