import ClusterModel
import Provisioning
import Testing

@Suite struct NoCloudDriveTests {
    private let inputs = NodeInputs(
        pool: "default", network: "default", image: "base.qcow2", format: .qcow2, boot: .disk, memoryMiB: 2048,
        vcpus: 2,
        diskGiB: 20, address: IPv4(number: 0x0A00_000B), prefix: 24, gateway: nil, dns: [], sshAuthorizedKeys: [],
        userData: nil, etcd: ["http://10.0.0.2:2379"], defaulted: ["memory"])

    private func drive(_ change: (inout NodeInputs) -> Void = { _ in }) -> NoCloudDrive {
        var inputs = inputs
        change(&inputs)
        return NoCloudDrive(node: "a-node-1", uuid: "u", mac: "52:54:00:00:00:0b", inputs: inputs, userData: nil)
    }

    @Test("what a restart changes makes no new machine of it: cloud-init would do its first boot once more")
    func restarted() {
        #expect(drive { $0.memoryMiB = 4096 } == drive())
        #expect(drive { $0.vcpus = 4 } == drive())
        #expect(drive { $0.boot = .kernel(path: "/k", initrd: nil, arguments: "") } == drive())
        #expect(drive { $0.virtualization = .qemu } == drive())
        #expect(drive { $0.defaulted = [] } == drive())
    }

    @Test("what the guest is provisioned from gives the machine another instance-id")
    func provisioned() {
        for change: (inout NodeInputs) -> Void in [
            { $0.image = "next.qcow2" }, { $0.diskGiB = 40 }, { $0.address = IPv4(number: 0x0A00_000C) },
            { $0.sshAuthorizedKeys = ["ssh-ed25519 A"] }, { $0.userData = "hmac" },
        ] {
            #expect(drive(change).metaData != drive().metaData)
            #expect(drive(change).metaData.contains("\"instance-id\":\"u-"))
        }
    }
}
