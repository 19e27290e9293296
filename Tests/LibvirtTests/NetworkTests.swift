import Libvirt
import TestSupport
import Testing

@Suite("Networks")
struct NetworkTests {
    static let node = DHCPReservation(mac: "52:54:00:00:00:09", name: "x", ip: "10.78.0.9")

    @Test(
        "address, prefix, ranges and reservations are read, and reservations come and go; again is done",
        arguments: Driver.available)
    func reservations(driver: Driver) async throws {
        let daemon = try await RealLibvirtd.start()
        let connection = LibvirtConnection(uri: driver == .test ? daemon.testURI : daemon.qemuURI)
        try await connection.defineNetwork(xml: ErrorTableTests.network)
        let network = try #require(try await connection.network(named: "nn"))
        #expect(!network.isActive && network.bridge == "nnbr0")
        #expect(network.ipv4?.address == "10.78.0.1" && network.ipv4?.prefix == 24)
        #expect(network.ranges.map(\.start) == ["10.78.0.100"] && network.ranges.map(\.end) == ["10.78.0.199"])
        #expect(network.reservations == [])
        func reservations() async throws -> [DHCPReservation]? {
            try await connection.network(named: "nn")?.reservations
        }
        try await connection.addReservation(Self.node, toNetwork: "nn")
        try await connection.addReservation(Self.node, toNetwork: "nn")
        #expect(try await reservations() == [Self.node])
        let other = DHCPReservation(mac: Self.node.mac, name: "x", ip: "10.78.0.10")
        let error = await #expect(throws: LibvirtError.self) {
            try await connection.addReservation(other, toNetwork: "nn")
        }
        #expect(error?.code == .operationInvalid)
        try await connection.removeReservation(other, fromNetwork: "nn")
        #expect(try await reservations() == [Self.node])
        try await connection.removeReservation(Self.node, fromNetwork: "nn")
        try await connection.removeReservation(Self.node, fromNetwork: "nn")
        #expect(try await reservations() == [])
        await connection.close()
    }

    @Test("on an active network a reservation is made in force and in the configuration")
    func active() async throws {
        let daemon = try await RealLibvirtd.start()
        let connection = LibvirtConnection(uri: daemon.testURI)
        let network = try #require(try await connection.network(named: "default"))
        #expect(network.isActive && network.ipv4?.address == "192.168.122.1" && network.ipv4?.prefix == 24)
        #expect(try await connection.networks().map(\.name) == ["default"])
        let node = DHCPReservation(mac: "52:54:00:AB:00:09", name: "n", ip: "192.168.122.9")
        try await connection.addReservation(node, toNetwork: "default")
        #expect(try await connection.network(named: "default")?.reservations.map(\.ip) == ["192.168.122.9"])
        try await connection.removeReservation(
            DHCPReservation(mac: "52:54:00:ab:00:09", name: "n", ip: "192.168.122.9"), fromNetwork: "default")
        #expect(try await connection.network(named: "default")?.reservations == [])
        #expect(try await connection.network(named: "nope") == nil)
        await connection.close()
    }

    @Test("a driver that keeps no leases says so, and one that does tells them")
    func leases() async throws {
        let daemon = try await RealLibvirtd.start()
        let connection = LibvirtConnection(uri: daemon.testURI)
        #expect(try await connection.dhcpLeases(ofNetwork: "default") == .noLeaseInformation)
        await connection.close()
        guard QEMU.isAvailable else { return }
        let qemu = LibvirtConnection(uri: daemon.qemuURI)
        try await qemu.defineNetwork(xml: ErrorTableTests.network)
        #expect(try await qemu.dhcpLeases(ofNetwork: "nn") == .known([]))
        await qemu.close()
    }

    enum Driver: String, Sendable {
        case test
        case qemu

        static var available: [Driver] { QEMU.isAvailable ? [.test, .qemu] : [.test] }
    }
}
