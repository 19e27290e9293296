import CLibvirt
import Glibc

extension LibvirtConnection {
    /// Every network, active or not.
    public func networks() async throws(LibvirtError) -> [Network] {
        try await call { handle throws(LibvirtError) in
            try handle.list(
                "virConnectListAllNetworks", "all networks", { virConnectListAllNetworks(handle.pointer, $0, 0) },
                free: { virNetworkFree($0) }
            ) { network throws(LibvirtError) in
                try handle.describe(
                    network, virNetworkGetName(network).map { "network '\(String(cString: $0))'" } ?? "")
            }
        }
    }

    /// The network of that name as it is in force, or `nil` where there is none.
    public func network(named name: String) async throws(LibvirtError) -> Network? {
        try await optional(.noNetwork) { handle throws(LibvirtError) in
            try handle.withNetwork(name) { network, object throws(LibvirtError) in try handle.describe(network, object)
            }
        }
    }

    /// Defines a network from libvirt's own XML; it is not started.
    public func defineNetwork(xml: String) async throws(LibvirtError) {
        try await call { handle throws(LibvirtError) in
            let network = try handle.make(
                "virNetworkDefineXML", "a network", virNetworkDefineXML(handle.pointer, xml))
            virNetworkFree(network)
        }
    }

    /// Makes a defined network usable (`virNetworkCreate`).
    public func startNetwork(_ name: String) async throws(LibvirtError) {
        try await call { handle throws(LibvirtError) in
            try handle.withNetwork(name) { network, object throws(LibvirtError) in
                try handle.change("virNetworkCreate", object, virNetworkCreate(network))
            }
        }
    }

    /// Keeps an address for a MAC address, in the configuration and, where the network is active, in force; there already and equal is done.
    ///
    /// libvirt refuses one that shares MAC address, name or address with another (code 55).
    public func addReservation(_ reservation: DHCPReservation, toNetwork name: String) async throws(LibvirtError) {
        try await changeReservation(reservation, network: name, VIR_NETWORK_UPDATE_COMMAND_ADD_LAST) { !$0 }
    }

    /// Gives a kept address up, in both places; not there is done, and one that differs in any part is not touched.
    public func removeReservation(
        _ reservation: DHCPReservation, fromNetwork name: String
    ) async throws(LibvirtError) {
        try await changeReservation(reservation, network: name, VIR_NETWORK_UPDATE_COMMAND_DELETE) { $0 }
    }

    /// The addresses that a network's DHCP server has given out.
    public func dhcpLeases(ofNetwork name: String) async throws(LibvirtError) -> DHCPLeases {
        let leases = try await optional(.noSupport) { handle throws(LibvirtError) in
            try handle.withNetwork(name) { network, object throws(LibvirtError) in try handle.leases(network, object) }
        }
        return leases.map { .known($0) } ?? .noLeaseInformation
    }

    private func changeReservation(
        _ reservation: DHCPReservation, network name: String, _ command: virNetworkUpdateCommand,
        where wanted: @escaping @Sendable (_ isThere: Bool) -> Bool
    ) async throws(LibvirtError) {
        try await call { handle throws(LibvirtError) in
            try handle.withNetwork(name) { network, object throws(LibvirtError) in
                func isThere(_ network: Network) -> Bool { network.reservations.contains { $0.means(reservation) } }
                var flags: UInt32 = 0
                let live = try handle.describe(network, object)
                if live.isActive, wanted(isThere(live)) { flags |= VIR_NETWORK_UPDATE_AFFECT_LIVE.rawValue }
                if try handle.check("virNetworkIsPersistent", object, virNetworkIsPersistent(network)) == 1,
                    wanted(isThere(try handle.configuration(of: network, object, isActive: live.isActive) ?? live))
                {
                    flags |= VIR_NETWORK_UPDATE_AFFECT_CONFIG.rawValue
                }
                guard flags != 0 else { return }
                let xml = try handle.render(reservation.element, "virNetworkUpdate", object)
                // Parent -1: libvirt finds the address whose DHCP server it is.
                try handle.change(
                    "virNetworkUpdate", object,
                    virNetworkUpdate(
                        network, command.rawValue, VIR_NETWORK_SECTION_IP_DHCP_HOST.rawValue, -1, xml, flags))
            }
        }
    }
}

extension Handle {
    /// Looks a network up for the length of `body`.
    fileprivate func withNetwork<T>(
        _ name: String, _ body: (virNetworkPtr, String) throws(LibvirtError) -> T
    ) throws(LibvirtError) -> T {
        let object = "network '\(name)'"
        let network = try unwrap("virNetworkLookupByName", object, virNetworkLookupByName(pointer, name))
        defer { virNetworkFree(network) }
        return try body(network, object)
    }

    fileprivate func describe(
        _ network: virNetworkPtr, _ object: String
    ) throws(LibvirtError) -> Network {
        let active = try check("virNetworkIsActive", object, virNetworkIsActive(network)) == 1
        return try describe(network, object, isActive: active)
    }

    private func describe(
        _ network: virNetworkPtr, _ object: String, isActive: Bool, inactive: Bool = false
    ) throws(LibvirtError) -> Network {
        let flags = inactive ? VIR_NETWORK_XML_INACTIVE.rawValue : 0
        let xml = try unwrap("virNetworkGetXMLDesc", object, virNetworkGetXMLDesc(network, flags))
        defer { free(xml) }
        return try parsed("virNetworkGetXMLDesc", object) { () throws(XMLError) in
            try Network(parsing: xml, isActive: isActive)
        }
    }

    /// The network as the next start makes it, or `nil` for a driver that keeps no second description (the test driver refuses the flag).
    fileprivate func configuration(
        of network: virNetworkPtr, _ object: String, isActive: Bool
    ) throws(LibvirtError) -> Network? {
        do throws(LibvirtError) {
            return try describe(network, object, isActive: isActive, inactive: true)
        } catch {
            guard error.code == .invalidArgument || error.code == .noSupport else { throw error }
            return nil
        }
    }

    fileprivate func leases(_ network: virNetworkPtr, _ object: String) throws(LibvirtError) -> [DHCPLease] {
        var list: UnsafeMutablePointer<virNetworkDHCPLeasePtr?>?
        let count = Int(
            try check("virNetworkGetDHCPLeases", object, virNetworkGetDHCPLeases(network, nil, &list, 0)))
        guard let list else { return [] }
        defer {
            for index in 0..<count { virNetworkDHCPLeaseFree(list[index]) }
            free(list)
        }
        return (0..<count).compactMap { index in
            guard let lease = list[index]?.pointee, let ip = lease.ipaddr else { return nil }
            return DHCPLease(
                mac: lease.mac.map { String(cString: $0) }, ip: String(cString: ip), prefix: Int(lease.prefix),
                hostname: lease.hostname.map { String(cString: $0) }, expiresAt: lease.expirytime)
        }
    }
}
