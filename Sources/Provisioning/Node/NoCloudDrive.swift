import ClusterModel

/// The files of a node's config drive, in cloud-init's NoCloud form (volume label `cidata`).
public struct NoCloudDrive: Sendable, Hashable {
    public static let label = "cidata"

    public var userData: String
    public var metaData: String
    public var networkConfig: String

    /// - Parameter userData: the user's own `#cloud-config` or script, joined to ours.
    public init(node: String, uuid: String, mac: String, inputs: NodeInputs, userData: String?) {
        let ours = "#cloud-config\n" + CanonicalJSON.text(CloudConfig(node: node, inputs: inputs)) + "\n"
        self.userData = userData.map { MultipartUserData.text([ours, $0]) } ?? ours
        // Another id makes cloud-init take the machine for a new one: host keys and all. A machine that is only restarted stays the same.
        let instance = uuid + "-" + Digest.sha256(CanonicalJSON.text(inputs.provisioning).utf8).prefix(12)
        metaData = CanonicalJSON.text(["instance-id": instance, "local-hostname": node]) + "\n"
        networkConfig = CanonicalJSON.text(NetworkConfig(mac: mac, inputs: inputs)) + "\n"
    }

    public var files: [(name: String, content: [UInt8])] {
        [
            ("meta-data", Array(metaData.utf8)), ("network-config", Array(networkConfig.utf8)),
            ("user-data", Array(userData.utf8)),
        ]
    }

    /// The volume's name, from its content.
    public func volume(node: String) -> String {
        let content = [metaData, networkConfig, userData].joined(separator: "\u{0}")
        return "\(node)-drive-\(Digest.sha256(content.utf8).prefix(12)).iso"
    }
}

/// What cloud-init does on every node: hostname, keys, and fleet's place in the cluster.
private struct CloudConfig: Encodable {
    struct File: Encodable {
        var path: String
        var permissions: String
        var content: String
    }

    enum CodingKeys: String, CodingKey {
        case hostname
        case preserveHostname = "preserve_hostname"
        case sshAuthorizedKeys = "ssh_authorized_keys"
        case writeFiles = "write_files"
    }

    var hostname: String
    var preserveHostname = false
    var sshAuthorizedKeys: [String]
    var writeFiles: [File]

    init(node: String, inputs: NodeInputs) {
        hostname = node
        sshAuthorizedKeys = inputs.sshAuthorizedKeys
        writeFiles = [
            File(path: "/etc/fleet/fleet.conf", permissions: "0644", content: fleetConf(node: node, inputs: inputs))
        ]
    }
}

/// fleet's configuration: the static metadata that units are pinned by.
private func fleetConf(node: String, inputs: NodeInputs) -> String {
    """
    etcd_servers=\(CanonicalJSON.text(inputs.etcd))
    metadata="dialtone-node=\(node)"
    public_ip="\(inputs.address)"

    """
}

/// Network configuration version 2, with the interface found by its MAC address.
private struct NetworkConfig: Encodable {
    struct Ethernet: Encodable {
        var match: [String: String]
        var addresses: [String]
        var routes: [[String: String]]?
        var nameservers: [String: [String]]?
    }

    var version = 2
    var ethernets: [String: Ethernet]

    init(mac: String, inputs: NodeInputs) {
        ethernets = [
            "primary": Ethernet(
                match: ["macaddress": mac], addresses: ["\(inputs.address)/\(inputs.prefix)"],
                routes: inputs.gateway.map { [["to": "0.0.0.0/0", "via": "\($0)"]] },
                nameservers: inputs.dns.isEmpty ? nil : ["addresses": inputs.dns.map(\.description)])
        ]
    }
}
