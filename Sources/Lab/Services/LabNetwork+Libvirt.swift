import Libvirt

extension LabNetwork {
    /// As libvirt and manifests call it.
    static let name = "dialtone"

    /// Defines and starts the network in the lab's libvirt, so that addresses can be reserved in it.
    func define(on connection: LibvirtConnection) async throws(LabError) {
        let dhcp = XMLElement("dhcp", [:], [XMLElement("range", ["start": "\(prefix).211", "end": "\(prefix).250"])])
        // Without a forward mode it leads nowhere. The bridge is in the lab's own namespace, where it meets no other.
        let network = XMLElement(
            "network", [:],
            [
                XMLElement("name", text: Self.name),
                XMLElement("bridge", ["name": "lab0", "stp": "off", "delay": "0"]),
                XMLElement("ip", ["address": gateway, "netmask": "255.255.255.0"], [dhcp]),
            ])
        do {
            try await connection.defineNetwork(xml: try network.rendered())
            try await connection.startNetwork(Self.name)
        } catch {
            throw LabError("the lab's network could not be defined: \(error)")
        }
    }
}
