import ClusterModel

/// The files of a node's config drive, in cloud-init's NoCloud form (volume label `cidata`).
public struct NoCloudDrive: Sendable, Hashable {
    public static let label = "cidata"

    public var userData: String
    public var metaData: String
    public var networkConfig: String

    /// - Parameter userData: the user's own `#cloud-config` or script, joined to ours.
    public init(node: String, uuid: String, mac: String, inputs: NodeInputs, userData: String?) {
        let ours = "#cloud-config\n" + Self.cloudConfig(node: node, inputs: inputs) + "\n"
        self.userData = userData.map { MultipartUserData.text([ours, $0]) } ?? ours
        // Another id makes cloud-init take the machine for a new one: host keys and all. A machine that is only restarted stays the same.
        let instance = uuid + "-" + Digest.sha256(Self.provisioning(inputs)).prefix(12)
        var json = CanonicalWriter()
        json.object {
            $0.member("instance-id", instance)
            $0.member("local-hostname", node)
        }
        metaData = json.text + "\n"
        networkConfig = Self.network(mac: mac, inputs: inputs) + "\n"
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

extension NoCloudDrive {
    /// What cloud-init does on every node: hostname, keys, and fleet's place in the cluster.
    fileprivate static func cloudConfig(node: String, inputs: NodeInputs) -> String {
        var json = CanonicalWriter()
        json.object {
            $0.member("hostname", node)
            $0.member("preserve_hostname", false)
            $0.member("ssh_authorized_keys", inputs.sshAuthorizedKeys)
            $0.member("write_files") {
                $0.list([fleetConf(node: node, inputs: inputs)]) { json, content in
                    json.object {
                        $0.member("content", content)
                        $0.member("path", "/etc/fleet/fleet.conf")
                        $0.member("permissions", "0644")
                    }
                }
            }
        }
        return json.text
    }

    /// fleet's configuration: the static metadata that units are pinned by.
    fileprivate static func fleetConf(node: String, inputs: NodeInputs) -> String {
        var servers = CanonicalWriter()
        servers.list(inputs.etcd) { $0.value($1) }
        return """
            etcd_servers=\(servers.text)
            metadata="dialtone-node=\(node)"
            public_ip="\(inputs.address)"

            """
    }

    /// Network configuration version 2, with the interface found by its MAC address.
    fileprivate static func network(mac: String, inputs: NodeInputs) -> String {
        var json = CanonicalWriter()
        json.object {
            $0.member("ethernets") {
                $0.object {
                    $0.member("primary") {
                        $0.object {
                            $0.member("addresses", ["\(inputs.address)/\(inputs.prefix)"])
                            $0.member("match") { $0.object { $0.member("macaddress", mac) } }
                            if !inputs.dns.isEmpty {
                                $0.member("nameservers") {
                                    $0.object { $0.member("addresses", inputs.dns.map(\.description)) }
                                }
                            }
                            guard let gateway = inputs.gateway else { return }
                            $0.member("routes") {
                                $0.list([gateway.description]) { json, gateway in
                                    json.object {
                                        $0.member("to", "0.0.0.0/0")
                                        $0.member("via", gateway)
                                    }
                                }
                            }
                        }
                    }
                }
            }
            $0.member("version", 2)
        }
        return json.text
    }

    /// The part of the inputs that a guest is provisioned from, as `CanonicalJSON` writes `inputs.provisioning`.
    fileprivate static func provisioning(_ inputs: NodeInputs) -> [UInt8] {
        let inputs = inputs.provisioning
        var json = CanonicalWriter()
        json.object {
            $0.member("address", inputs.address.description)
            $0.member("boot") { $0.object { $0.member("disk") { $0.object { _ in } } } }
            $0.member("defaulted", inputs.defaulted.sorted)
            $0.member("diskGiB", inputs.diskGiB)
            $0.member("dns", inputs.dns.map(\.description))
            $0.member("etcd", inputs.etcd)
            $0.member("format", inputs.format.rawValue)
            if let gateway = inputs.gateway { $0.member("gateway", gateway.description) }
            $0.member("image", inputs.image)
            $0.member("memoryMiB", inputs.memoryMiB)
            $0.member("network", inputs.network)
            $0.member("pool", inputs.pool)
            $0.member("prefix", inputs.prefix)
            $0.member("sshAuthorizedKeys", inputs.sshAuthorizedKeys)
            if let userData = inputs.userData { $0.member("userData", userData) }
            $0.member("vcpus", inputs.vcpus)
        }
        return json.bytes
    }
}
