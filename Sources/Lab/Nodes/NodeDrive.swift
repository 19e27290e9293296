import ConfigDrive
import FoundationEssentials

/// What a booted node would have taken from its config drive: fleet's metadata, and its address.
struct NodeDrive: Hashable, Sendable {
    var metadata: [String: String]
    var address: String

    /// - Returns: `nil` when fleet would not come up with it: no `/etc/fleet/fleet.conf`, or no address.
    init?(userData: String, networkConfig: String) {
        guard let conf = NodeDrive.fleetConf(userData), let address = NodeDrive.address(networkConfig) else {
            return nil
        }
        self.address = address
        var metadata: [String: String] = [:]
        for line in conf.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0].filter({ $0 != " " }) == "metadata" else { continue }
            for pair in parts[1].filter({ $0 != "\"" }).split(separator: ",") {
                let sides = pair.split(separator: "=", maxSplits: 1)
                if sides.count == 2 { metadata[String(sides[0])] = String(sides[1]) }
            }
        }
        self.metadata = metadata
    }

    init?(image: [UInt8]) {
        guard let files = try? isoFiles(image), let userData = files["user-data"], let network = files["network-config"]
        else { return nil }
        self.init(
            userData: String(decoding: userData, as: UTF8.self), networkConfig: String(decoding: network, as: UTF8.self)
        )
    }

    /// The content of `/etc/fleet/fleet.conf`, from the cloud-config written as JSON; it may be one part of several (MIME multipart).
    private static func fleetConf(_ userData: String) -> String? {
        struct CloudConfig: Decodable {
            struct File: Decodable {
                var path: String
                var content: String
            }

            enum CodingKeys: String, CodingKey {
                case files = "write_files"
            }

            var files: [File]
        }
        for line in userData.split(whereSeparator: \.isNewline) where line.hasPrefix("{") {
            guard let config = try? JSONDecoder().decode(CloudConfig.self, from: Data(line.utf8)) else { continue }
            if let file = config.files.first(where: { $0.path == "/etc/fleet/fleet.conf" }) { return file.content }
        }
        return nil
    }

    /// The first address of the first interface of a network configuration, version 2, written as JSON.
    private static func address(_ networkConfig: String) -> String? {
        struct Config: Decodable {
            struct Ethernet: Decodable {
                var addresses: [String]
            }

            var ethernets: [String: Ethernet]
        }
        guard let config = try? JSONDecoder().decode(Config.self, from: Data(networkConfig.utf8)),
            let first = config.ethernets.sorted(by: { $0.key < $1.key }).first?.value.addresses.first
        else { return nil }
        return String(first.prefix { $0 != "/" })
    }
}
