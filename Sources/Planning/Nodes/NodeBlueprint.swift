import ClusterModel
import Provisioning

/// Draws up the definition of a node from the manifest and what its hypervisor has.
struct NodeBlueprint {
    let survey: Survey

    enum Outcome {
        case ready(NodeDefinition)
        case held(Hold.Cause, because: String, location: String?)
    }

    /// The definition of the node of a seat; `before`: the node that stands there now.
    func definition(of seat: NodeAssignment.Seat, before: Survey.Node?) -> Outcome {
        let spec = survey.desired.spec
        guard let place = spec.hypervisors.first(where: { $0.name == seat.hypervisor }),
            let state = survey.observed.hypervisors[seat.hypervisor]?.value
        else {
            return .held(
                .unknown, because: "hypervisor \(seat.hypervisor) is not in the manifest or cannot be read",
                location: nil)
        }
        let network: Network
        switch resolveNetwork(place, state, seat.address) {
        case .success(let resolved): network = resolved
        case .failure(let problem): return .held(.environment, because: problem.because, location: problem.location)
        }
        let image: Image
        switch resolveImage(place, state, before) {
        case .success(let resolved): image = resolved
        case .failure(let problem): return .held(.environment, because: problem.because, location: problem.location)
        }
        let uuid = Identity.uuid(cluster: spec.name, node: seat.name)
        let mac = Identity.mac(cluster: spec.name, node: seat.name)
        let inputs = self.inputs(place, seat, network, image)
        let drive = NoCloudDrive(node: seat.name, uuid: uuid, mac: mac, inputs: inputs, userData: spec.nodes.userData)
        let owns = Owned(
            pool: place.pool, overlay: "\(seat.name).qcow2", drive: drive.volume(node: seat.name),
            image: image.upload?.volume, network: place.network,
            reservation: Reservation(mac: mac, name: seat.name, address: seat.address))
        return .ready(
            NodeDefinition(
                name: seat.name, hypervisor: seat.hypervisor, uuid: uuid,
                mark: NodeMark(cluster: spec.name, node: seat.name, inputs: inputs, owns: owns),
                upload: isWhole(image, in: state, of: place) ? nil : image.upload,
                userData: spec.nodes.userData.map { Secret($0) }))
    }

    private func isWhole(_ image: Image, in state: HypervisorState, of place: HypervisorSpec) -> Bool {
        state.pool?.volumes.contains(image.volume) == true
            && survey.indexes[place.name]?.wholeImages.contains(image.volume) == true
    }

    private struct Problem: Error {
        var because: String
        var location: String?
    }

    private struct Network {
        var prefix: Int
        var gateway: IPv4?
    }

    private struct Image {
        var volume: String
        /// Where it comes from a file.
        var upload: ImageUpload?
    }

    private func resolveNetwork(
        _ place: HypervisorSpec, _ state: HypervisorState, _ address: IPv4
    ) -> Result<Network, Problem> {
        let spec = survey.desired.spec
        let location = spec.locations["spec.nodes.addresses"]
        guard let network = state.network else {
            return .failure(
                Problem(
                    because:
                        "hypervisor \(place.name) has no network '\(place.network)'; define it, or name another as hypervisors[].network"
                ))
        }
        guard network.active else {
            return .failure(
                Problem(because: "network '\(place.network)' of hypervisor \(place.name) is not active; start it"))
        }
        if let own = network.address, let prefix = network.prefix, !address.shares(prefix: prefix, with: own) {
            return .failure(
                Problem(
                    because: "\(address) is not in network '\(place.network)' (\(own)/\(prefix))", location: location))
        }
        guard let prefix = spec.nodes.prefix ?? network.prefix else {
            return .failure(
                Problem(
                    because: "network '\(place.network)' has no prefix of its own: write one, such as \(address)/24",
                    location: location))
        }
        return .success(Network(prefix: prefix, gateway: spec.nodes.gateway ?? network.address))
    }

    private func resolveImage(
        _ place: HypervisorSpec, _ state: HypervisorState, _ before: Survey.Node?
    ) -> Result<Image, Problem> {
        let nodes = survey.desired.spec.nodes
        let location = survey.desired.spec.locations["spec.nodes.image"]
        guard let pool = state.pool else {
            return .failure(
                Problem(
                    because:
                        "hypervisor \(place.name) has no storage pool '\(place.pool)'; define it, or name another as hypervisors[].pool"
                ))
        }
        guard pool.active else {
            return .failure(
                Problem(because: "storage pool '\(place.pool)' of hypervisor \(place.name) is not active; start it"))
        }
        guard nodes.image.hasPrefix("/") else {
            return pool.volumes.contains(nodes.image)
                ? .success(Image(volume: nodes.image))
                : .failure(Problem(because: "pool '\(place.pool)' has no volume '\(nodes.image)'", location: location))
        }
        switch survey.observed.images[nodes.image] {
        case .known(let file, _):
            let volume = "dialtone-\(file.sha256.prefix(16)).\(nodes.format.rawValue)"
            return .success(
                Image(
                    volume: volume, upload: ImageUpload(path: nodes.image, volume: volume, file: file)))
        case .unknown(let reason, _):
            // What cannot be read is no change: the node keeps the image that it has.
            if let before, let image = before.mark.owns.image {
                let file = ImageFile(sha256: "", bytes: 0)
                return .success(
                    Image(
                        volume: before.mark.inputs.image,
                        upload: ImageUpload(path: nodes.image, volume: image, file: file)))
            }
            return .failure(Problem(because: "image \(nodes.image) cannot be read: \(reason)", location: location))
        case nil:
            return .failure(Problem(because: "image \(nodes.image) was not looked at", location: location))
        }
    }

    private func inputs(
        _ place: HypervisorSpec, _ seat: NodeAssignment.Seat, _ network: Network, _ image: Image
    ) -> NodeInputs {
        let spec = survey.desired.spec
        let nodes = spec.nodes
        var defaulted = nodes.defaulted.sorted
        if nodes.prefix == nil { defaulted.append("prefix") }
        if nodes.gateway == nil { defaulted.append("gateway") }
        let uuid = Identity.uuid(cluster: spec.name, node: spec.name)
        return NodeInputs(
            pool: place.pool, network: place.network,
            virtualization: place.virtualization == .kvm ? nil : place.virtualization, image: image.volume,
            format: nodes.format, boot: nodes.boot,
            memoryMiB: nodes.memoryMiB, vcpus: nodes.vcpus, diskGiB: nodes.diskGiB, address: seat.address,
            prefix: network.prefix, gateway: network.gateway, dns: nodes.dns,
            sshAuthorizedKeys: nodes.sshAuthorizedKeys,
            userData: nodes.userData.map { Digest.keyed($0, key: uuid) }, etcd: spec.connections.etcd,
            defaulted: FieldNames(defaulted))
    }
}
