import FoundationEssentials
import Glibc

/// The files of the tiny node image, as `make node-image` leaves them.
struct NodeImage: Sendable, Hashable {
    /// Without links: a newer image takes another directory.
    let directory: String

    var kernel: String { directory + "/vmlinuz" }
    var initrd: String { directory + "/initrd.img" }
    /// What nodes' disks lie on, qcow2.
    var disk: String { directory + "/base.qcow2" }

    static let arguments = "root=/dev/vda rw console=ttyS0 quiet net.ifnames=0"

    /// `DIALTONE_NODE_IMAGE`, or `dialtone/node-image` in the user's cache.
    static var cache: String { LabCache.directory(variable: "DIALTONE_NODE_IMAGE", name: "node-image") }

    /// The newest one.
    /// - Throws: when there is none.
    static func find() throws(LabError) -> NodeImage {
        let image = NodeImage(directory: LabLayout.absolute(cache + "/current"))
        for file in [image.kernel, image.initrd, image.disk] where access(file, R_OK) != 0 {
            throw LabError(
                "there is no node image in \(cache): make node-image makes it, or DIALTONE_NODE_IMAGE names another place"
            )
        }
        return image
    }
}
