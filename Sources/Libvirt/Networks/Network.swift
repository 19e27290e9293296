import FoundationEssentials

/// A libvirt network.
public struct Network: Sendable, Hashable {
    public let name: String
    public let uuid: UUID
    public let isActive: Bool
    public let bridge: String?
    /// The first IPv4 address that the host has on it, or `nil` for a network without one.
    public let ipv4: Address?
    /// What its DHCP server gives out.
    public let ranges: [Range]
    /// Addresses that its DHCP server keeps for one MAC address each.
    public let reservations: [DHCPReservation]

    public struct Address: Sendable, Hashable {
        public let address: String
        /// The length of the prefix in bits.
        public let prefix: Int
    }

    public struct Range: Sendable, Hashable {
        public let start: String
        public let end: String
    }
}

/// An address that a network's DHCP server keeps for one MAC address.
public struct DHCPReservation: Sendable, Hashable {
    public var mac: String
    public var name: String?
    public var ip: String

    public init(mac: String, name: String?, ip: String) {
        self.mac = mac
        self.name = name
        self.ip = ip
    }

    /// Whether both say the same; a MAC address is the same in either case of its letters.
    func means(_ other: DHCPReservation) -> Bool {
        mac.lowercased() == other.mac.lowercased() && name == other.name && ip == other.ip
    }
}

/// An address that a DHCP server has given out.
public struct DHCPLease: Sendable, Hashable {
    public let mac: String?
    public let ip: String
    public let prefix: Int
    public let hostname: String?
    /// Seconds since 1970; 0 for a lease without an end.
    public let expiresAt: Int64
}

/// What a network tells of its leases.
public enum DHCPLeases: Sendable, Hashable {
    case known([DHCPLease])
    /// The driver keeps no leases (libvirt's code 3): nothing is wrong, and nothing is known.
    case noLeaseInformation
}
