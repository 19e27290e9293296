import ClusterModel
import FoundationEssentials
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

    /// Any JSON, to be written anew.
    private enum Tree: Codable {
        case object([String: Tree])
        case list([Tree])
        case text(String)
        case number(Int)
        case truth(Bool)

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let object = try? value.decode([String: Tree].self) {
                self = .object(object)
            } else if let list = try? value.decode([Tree].self) {
                self = .list(list)
            } else if let number = try? value.decode(Int.self) {
                self = .number(number)
            } else if let truth = try? value.decode(Bool.self) {
                self = .truth(truth)
            } else {
                self = .text(try value.decode(String.self))
            }
        }

        func encode(to encoder: any Encoder) throws {
            var value = encoder.singleValueContainer()
            switch self {
            case .object(let object): try value.encode(object)
            case .list(let list): try value.encode(list)
            case .text(let text): try value.encode(text)
            case .number(let number): try value.encode(number)
            case .truth(let truth): try value.encode(truth)
            }
        }
    }

    private static let changes: [@Sendable (inout NodeInputs) -> Void] = [
        { _ in }, { $0.gateway = IPv4(number: 0x0A00_0001) }, { $0.dns = [IPv4(number: 1), IPv4(number: 2)] },
        { $0.sshAuthorizedKeys = ["ssh-ed25519 \"A\\\n\u{7}é", "ssh-rsa B"] }, { $0.userData = "hmac" },
        { $0.etcd = [] },
        { $0.format = .raw }, { $0.image = "x\"y" }, { $0.virtualization = .qemu },
    ]

    @Test("its texts are canonical JSON, and its instance-id is of the canonical JSON of what it is provisioned from")
    func canonical() throws {
        for change in Self.changes {
            let drive = drive(change)
            for text in [
                drive.metaData, drive.networkConfig, String(drive.userData.dropFirst("#cloud-config\n".count)),
            ] {
                let tree = try JSONDecoder().decode(Tree.self, from: Data(text.utf8))
                #expect(CanonicalJSON.text(tree) + "\n" == text)
            }
            var changed = inputs
            change(&changed)
            let provisioned = Digest.sha256(CanonicalJSON.text(changed.provisioning).utf8).prefix(12)
            #expect(drive.metaData == "{\"instance-id\":\"u-\(provisioned)\",\"local-hostname\":\"a-node-1\"}\n")
        }
    }
}
