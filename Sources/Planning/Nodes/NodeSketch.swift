import ClusterModel
import Provisioning

/// A node as the manifest asks for it: what it is made from. Its identity, its names and its drive are drawn up only for what is to be made.
struct NodeSketch {
    let site: NodeSite
    let seat: NodeAssignment.Seat
    let inputs: NodeInputs
    let image: NodeSite.Image

    /// The node with all that making it takes.
    var definition: NodeDefinition {
        let spec = site.spec
        let mac = Identity.mac(cluster: spec.name, node: seat.name)
        let drive = NoCloudDrive(node: seat.name, uuid: uuid, mac: mac, inputs: inputs, userData: spec.nodes.userData)
        let owns = Owned(
            pool: site.place.pool, overlay: "\(seat.name).qcow2", drive: drive.volume(node: seat.name),
            image: image.upload?.volume, network: site.place.network,
            reservation: Reservation(mac: mac, name: seat.name, address: seat.address))
        return definition(
            NodeMark(cluster: spec.name, node: seat.name, inputs: inputs, owns: owns),
            upload: upload)
    }

    /// What has to reach the pool before the node can be made.
    var upload: ImageUpload? { site.isWhole(image) ? nil : image.upload }

    private var uuid: String { Identity.uuid(cluster: site.spec.name, node: seat.name) }

    private func definition(_ mark: NodeMark, upload: ImageUpload?) -> NodeDefinition {
        NodeDefinition(
            name: seat.name, hypervisor: seat.hypervisor, uuid: uuid, mark: mark, upload: upload,
            userData: site.spec.nodes.userData.map { Secret($0) })
    }

    /// The upload that puts a standing node's base image back, where that is gone. Its name is its content's hash: the file of that hash is the
    /// same again.
    func lostImage(of node: Survey.Node) -> ImageUpload? {
        guard let upload = image.upload, upload.volume == node.mark.owns.image, !upload.file.sha256.isEmpty,
            site.state.pool?.volumes.contains(upload.volume) == false
        else { return nil }
        return upload
    }

    /// The standing node as it was applied, to be put back.
    func restored(_ node: Survey.Node) -> NodeDefinition {
        definition(node.mark, upload: lostImage(of: node))
    }

    /// What a restart changes, and nothing that it cannot: the rest stays as it was applied.
    func restarted(_ node: Survey.Node) -> NodeDefinition {
        var definition = restored(node)
        definition.mark.inputs.memoryMiB = inputs.memoryMiB
        definition.mark.inputs.vcpus = inputs.vcpus
        definition.mark.inputs.boot = inputs.boot
        definition.mark.inputs.virtualization = inputs.virtualization
        definition.mark.inputs.defaulted = inputs.defaulted
        return definition
    }
}
