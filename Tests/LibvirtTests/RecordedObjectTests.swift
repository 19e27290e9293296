import FoundationEssentials
@testable import Libvirt
import Testing

@Suite("Recorded dumps of networks, pools and volumes")
struct RecordedObjectTests {
    @Test("a network in force, with its reservations")
    func network() throws {
        let network = try Network(parsing: fixture("network-dialtone-live.xml"), isActive: true)
        #expect(network.name == "dialtone" && network.bridge == "dtbr0")
        #expect(network.ipv4 == Network.Address(address: "10.77.0.1", prefix: 24))
        #expect(network.ranges == [Network.Range(start: "10.77.0.100", end: "10.77.0.199")])
        #expect(network.reservations.map(\.ip) == ["10.77.0.11", "10.77.0.12", "10.77.0.13", "10.77.0.14"])
        #expect(
            network.reservations.first == DHCPReservation(mac: "52:54:00:77:00:0b", name: "node1", ip: "10.77.0.11"))
    }

    @Test("a pool over a directory")
    func pool() throws {
        let pool = try StoragePool(parsing: fixture("pool-dt.xml"), isActive: true)
        #expect(pool.name == "dt" && pool.kind == "dir" && pool.path == "@LAB@/images")
        #expect(pool.capacity == 270_553_174_016 && pool.available == 247_647_617_024)
        #expect(pool.allocation == 22_905_556_992)
    }

    @Test("an overlay and an uploaded drive")
    func volumes() throws {
        let overlay = try StorageVolume(parsing: fixture("vol-overlay.xml"), pool: "dt")
        #expect(overlay.name == "node2.qcow2" && overlay.format == "qcow2" && overlay.capacity == 4 << 30)
        #expect(overlay.backing == StorageVolume.Backing(path: "@WORK@/node-v2.qcow2", format: "qcow2"))
        let drive = try StorageVolume(parsing: fixture("vol-raw-uploaded.xml"), pool: "dt")
        #expect(drive.format == "iso" && drive.capacity == 372_736 && drive.backing == nil)
        #expect(drive.path == "@LAB@/images/node1-cfg.img" && drive.key == drive.path)
    }

    @Test(
        "what is none of them is an error",
        arguments: ["<domain/>", "<network><name>a</name></network>", "", "<pool/>"])
    func rubbish(text: String) {
        #expect(throws: XMLError.self) { try Network(parsing: text, isActive: false) }
        #expect(throws: XMLError.self) { try StoragePool(parsing: text, isActive: false) }
        #expect(throws: XMLError.self) { try StorageVolume(parsing: text, pool: "p") }
    }
}
