import ClusterModel
import Provisioning

/// A node as the manifest asks for it: what it is made from. Its identity, its names and its drive are drawn up only for what is to be made.
struct NodeSketch {
    let site: NodeSite
    let seat: NodeAssignment.Seat
    let image: NodeSite.Image

    var inputs: NodeInputs { site.inputs(seat.address, image) }

    /// The node with all that making it takes.
    /// - Parameter index: of its hypervisor.
    func definition(_ index: HypervisorIndex?) -> NodeDefinition {
        let inputs = inputs
        let uuid = uuid
        let cluster = site.spec.name
        let mac = Identity.mac(cluster: cluster, node: seat.name)
        let drive = NoCloudDrive(
            node: seat.name, uuid: uuid, mac: mac, inputs: inputs, userData: site.spec.nodes.userData)
        let owns = Owned(
            pool: site.place.pool, overlay: "\(seat.name).qcow2", drive: drive.volume(node: seat.name),
            image: image.upload?.volume, network: site.place.network,
            reservation: Reservation(mac: mac, name: seat.name, address: seat.address))
        return definition(
            NodeMark(cluster: cluster, node: seat.name, inputs: inputs, owns: owns), uuid, upload: upload(index))
    }

    /// What has to reach the pool before the node can be made: an image that is there may have been cut off, unless a node was started from it.
    func upload(_ index: HypervisorIndex?) -> ImageUpload? {
        let isWhole =
            index?.state.pool?.volumes.contains(image.volume) == true
            && index?.wholeImages.contains(image.volume) == true
        return isWhole ? nil : image.upload
    }

    private var uuid: String { Identity.uuid(cluster: site.spec.name, node: seat.name) }

    private func definition(_ mark: NodeMark, _ uuid: String, upload: ImageUpload?) -> NodeDefinition {
        NodeDefinition(
            name: seat.name, hypervisor: seat.hypervisor, uuid: uuid, mark: mark, upload: upload,
            userData: site.spec.nodes.userData.map { Secret($0) })
    }

    /// The upload that puts a standing node's base image back, where that is gone. Its name is its content's hash: the file of that hash is the
    /// same again.
    func lostImage(of node: Survey.Node) -> ImageUpload? {
        guard let upload = image.upload, upload.volume == node.mark.owns.image, !upload.file.sha256.isEmpty,
            !image.isThere
        else { return nil }
        return upload
    }

    /// The standing node as it was applied, to be put back.
    func restored(_ node: Survey.Node) -> NodeDefinition {
        definition(node.mark, uuid, upload: lostImage(of: node))
    }

    /// What a restart changes, and nothing that it cannot: the rest stays as it was applied.
    func restarted(_ node: Survey.Node) -> NodeDefinition {
        var definition = restored(node)
        let inputs = inputs
        definition.mark.inputs.memoryMiB = inputs.memoryMiB
        definition.mark.inputs.vcpus = inputs.vcpus
        definition.mark.inputs.boot = inputs.boot
        definition.mark.inputs.virtualization = inputs.virtualization
        definition.mark.inputs.defaulted = inputs.defaulted
        return definition
    }
}
