import ClusterModel
import Provisioning

/// What the nodes of one hypervisor are made from: all that the manifest and the hypervisor say of every one of them alike, worked out once for
/// each step.
final class NodeSite {
    let place: HypervisorSpec
    let spec: ClusterSpec
    /// The base image; the failure is what is wrong with it.
    private let image: Result<Image, Problem>
    /// Whether `image` failed only for this: the file could not be read.
    private let isImageUnread: Bool
    /// The network, without its reservations.
    private let network: NetworkState?
    /// The inputs of each node here, but for its address and its image.
    private let inputs: NodeInputs

    struct Image: Equatable {
        var volume: String
        /// Where it comes from a file.
        var upload: ImageUpload?
        /// Whether the pool has its volume.
        var isThere: Bool
    }

    struct Problem: Error, Equatable {
        var because: String
        var location: String?
    }

    init(_ place: HypervisorSpec, _ state: HypervisorState, _ survey: Survey) {
        self.place = place
        spec = survey.desired.spec
        (image, isImageUnread) = Self.image(place, state, survey)
        network = state.network.map {
            NetworkState(active: $0.active, address: $0.address, prefix: $0.prefix, reservations: [])
        }
        inputs = Self.inputs(place, state.network, survey.desired.spec)
    }

    /// Whether nodes that were held against the one need not be held against the other.
    func isSame(as other: NodeSite) -> Bool {
        place == other.place && image == other.image && isImageUnread == other.isImageUnread
            && network == other.network && inputs == other.inputs && spec == other.spec
    }

    /// What a node of that address is made from, in place of the one that stands `before`.
    func sketch(_ seat: NodeAssignment.Seat, before: Survey.Node?) -> Result<NodeSketch, Problem> {
        if let problem = networkProblem(seat.address) { return .failure(problem) }
        let image: Image
        switch self.image {
        case .success(let found): image = found
        case .failure(let problem):
            // What cannot be read is no change: the node keeps the image that it has.
            guard isImageUnread, let before, let volume = before.mark.owns.image else { return .failure(problem) }
            image = Image(
                volume: before.mark.inputs.image,
                upload: ImageUpload(
                    path: spec.nodes.image, volume: volume, file: ImageFile(sha256: "", bytes: 0)), isThere: true)
        }
        return .success(NodeSketch(site: self, seat: seat, image: image))
    }

    /// What a node of that address and image is made from.
    func inputs(_ address: IPv4, _ image: Image) -> NodeInputs {
        var inputs = inputs
        inputs.address = address
        inputs.image = image.volume
        return inputs
    }

    private func networkProblem(_ address: IPv4) -> Problem? {
        let location = spec.locations["spec.nodes.addresses"]
        guard let network else {
            return Problem(
                because:
                    "hypervisor \(place.name) has no network '\(place.network)'; define it, or name another as hypervisors[].network"
            )
        }
        guard network.active else {
            return Problem(because: "network '\(place.network)' of hypervisor \(place.name) is not active; start it")
        }
        if let own = network.address, let prefix = network.prefix, !address.shares(prefix: prefix, with: own) {
            return Problem(
                because: "\(address) is not in network '\(place.network)' (\(own)/\(prefix))", location: location)
        }
        guard spec.nodes.prefix != nil || network.prefix != nil else {
            return Problem(
                because: "network '\(place.network)' has no prefix of its own: write one, such as \(address)/24",
                location: location)
        }
        return nil
    }

    private static func image(
        _ place: HypervisorSpec, _ state: HypervisorState, _ survey: Survey
    ) -> (Result<Image, Problem>, isUnread: Bool) {
        let nodes = survey.desired.spec.nodes
        let location = survey.desired.spec.locations["spec.nodes.image"]
        func problem(_ because: String, _ location: String? = nil) -> Result<Image, Problem> {
            .failure(Problem(because: because, location: location))
        }
        guard let pool = state.pool else {
            let mend = "define it, or name another as hypervisors[].pool"
            return (problem("hypervisor \(place.name) has no storage pool '\(place.pool)'; \(mend)"), false)
        }
        guard pool.active else {
            return (
                problem("storage pool '\(place.pool)' of hypervisor \(place.name) is not active; start it"), false
            )
        }
        guard nodes.image.hasPrefix("/") else {
            return pool.volumes.contains(nodes.image)
                ? (.success(Image(volume: nodes.image, isThere: true)), false)
                : (
                    problem(
                        "pool '\(place.pool)' has no volume '\(nodes.image)'; put it there, or name a file of this machine by its whole path",
                        location), false
                )
        }
        switch survey.observed.images[nodes.image] {
        case .known(let file, _):
            // A cluster's own: what another one in the same pool uploads or takes away is another volume.
            let hash = file.sha256.prefix(16)
            let volume = "dialtone-\(survey.desired.spec.name)-\(hash).\(nodes.format.rawValue)"
            let upload = ImageUpload(path: nodes.image, volume: volume, file: file)
            let isThere = pool.volumes.contains(volume)
            return (.success(Image(volume: volume, upload: upload, isThere: isThere)), false)
        case .unknown(let reason, _):
            return (
                problem(
                    "image \(nodes.image) cannot be read: \(reason); nodes.image names a file of this machine", location
                ), true
            )
        case nil:
            return (problem("image \(nodes.image) was not looked at", location), false)
        }
    }

    private static func inputs(_ place: HypervisorSpec, _ network: NetworkState?, _ spec: ClusterSpec) -> NodeInputs {
        let nodes = spec.nodes
        var defaulted = nodes.defaulted.sorted
        if nodes.prefix == nil { defaulted.append("prefix") }
        if nodes.gateway == nil { defaulted.append("gateway") }
        let key = nodes.userData == nil ? "" : Identity.uuid(cluster: spec.name, node: spec.name)
        return NodeInputs(
            pool: place.pool, network: place.network,
            virtualization: place.virtualization == .kvm ? nil : place.virtualization, image: "",
            format: nodes.format, boot: nodes.boot,
            memoryMiB: nodes.memoryMiB, vcpus: nodes.vcpus, diskGiB: nodes.diskGiB, address: IPv4(number: 0),
            prefix: nodes.prefix ?? network?.prefix ?? 0, gateway: nodes.gateway ?? network?.address, dns: nodes.dns,
            sshAuthorizedKeys: nodes.sshAuthorizedKeys,
            userData: nodes.userData.map { Digest.keyed($0, key: key) }, etcd: spec.connections.etcd,
            defaulted: FieldNames(defaulted))
    }
}
