import ClusterModel
import Libvirt

extension LibvirtError {
    /// What a person can do about it, where that is known. libvirt's codes do not tell these cases apart; its words and QEMU's do.
    func mend(_ place: HypervisorSpec) -> String? {
        func says(_ words: String...) -> Bool { words.contains { message.contains($0) } }
        if isConnectionLoss {
            return "see that libvirtd runs there and that this user may connect: virsh -c '\(place.uri)' list"
        }
        if says("No space left on device") {
            return "storage pool '\(place.pool)' is full: free space there, or name another as hypervisors[].pool"
        }
        if says("not in qcow2 format", "backing file", "backing image", "Image is corrupt") {
            return """
                the base image that it lies on is damaged or gone: put a whole one into pool '\(place.pool)' under its name; one that \
                Dialtone uploaded (dialtone-...) is uploaded anew once it is deleted with virsh vol-delete
                """
        }
        if code == .noNetwork || says("network is not active") {
            return "define and start network '\(place.network)', or name another as hypervisors[].network"
        }
        if code == .noPool || says("storage pool is not active") {
            return "define and start storage pool '\(place.pool)', or name another as hypervisors[].pool"
        }
        if place.virtualization == .kvm, says("KVM", "kvm", "type=kvm", "set MSR") {
            return "if KVM does not work on this host, hypervisors[].virtualization: qemu emulates the machines"
        }
        return nil
    }
}
