import FoundationEssentials

extension Network {
    /// Reads a network's dump (`formatnetwork`).
    init(parsing xml: UnsafePointer<CChar>, isActive: Bool) throws(XMLError) {
        self = try XMLCursor.withRoot(of: xml) { (root) throws(XMLError) in
            guard root.isNamed("network"), let name = root.first("name")?.text,
                let uuid = root.first("uuid").flatMap({ UUID(uuidString: $0.text) })
            else { throw XMLError(message: "no <network> with name and UUID", line: nil) }
            let addresses = root.elements.filter { $0.isNamed("ip") && ($0.attribute("family") ?? "ipv4") == "ipv4" }
            let dhcp = addresses.compactMap { $0.first("dhcp") }.flatMap { Array($0.elements) }
            return Network(
                name: name, uuid: uuid, isActive: isActive, bridge: root.first("bridge")?.attribute("name"),
                ipv4: addresses.first.flatMap { Address($0) },
                ranges: dhcp.filter { $0.isNamed("range") }.compactMap { Range($0) },
                reservations: dhcp.filter { $0.isNamed("host") }.compactMap { DHCPReservation($0) })
        }
    }
}

extension Network.Address {
    /// `<ip address=... netmask=.../>` or `<ip address=... prefix=.../>`.
    fileprivate init?(_ ip: XMLCursor) {
        guard let address = ip.attribute("address") else { return nil }
        self.address = address
        if let prefix = ip.attribute("prefix").flatMap({ Int($0) }) {
            self.prefix = prefix
        } else if let mask = ip.attribute("netmask") {
            prefix = mask.split(separator: ".").compactMap { UInt8($0) }.reduce(0) { $0 + $1.nonzeroBitCount }
        } else {
            // libvirt takes the class of the address, which nobody should rely on; class C is the only one in use.
            prefix = 24
        }
    }
}

extension Network.Range {
    fileprivate init?(_ range: XMLCursor) {
        guard let start = range.attribute("start"), let end = range.attribute("end") else { return nil }
        self.init(start: start, end: end)
    }
}

extension DHCPReservation {
    fileprivate init?(_ host: XMLCursor) {
        guard let mac = host.attribute("mac"), let ip = host.attribute("ip") else { return nil }
        self.init(mac: mac, name: host.attribute("name"), ip: ip)
    }

    var element: XMLElement {
        var host = XMLElement("host", ["mac": mac])
        if let name { host.attributes.append(XMLElement.Attribute("name", name)) }
        host.attributes.append(XMLElement.Attribute("ip", ip))
        return host
    }
}
