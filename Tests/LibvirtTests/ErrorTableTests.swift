import FoundationEssentials
import Libvirt
import TestSupport
import Testing

/// A row of the recorded table: what libvirt 9.0 answered.
struct RecordedError: Sendable, CustomTestStringConvertible {
    let driver: String
    let name: String
    /// `nil` where libvirt did as it was asked.
    let code: Int32?
    let message: String

    var testDescription: String { "\(driver): \(name)" }

    static func rows(of driver: String) throws -> [String: RecordedError] {
        var rows: [String: RecordedError] = [:]
        for line in try fixture("error-table.txt").split(separator: "\n") where line.hasPrefix("\(driver): ") {
            let cells = line.split(separator: "|", maxSplits: 3, omittingEmptySubsequences: false)
                .map { $0.trimmed }
            guard cells.count == 4 else { continue }
            let name = String(cells[0].dropFirst(driver.count + 2))
            let code = cells[1].split(separator: " ").first.flatMap { Int32($0) }
            rows[name] = RecordedError(driver: driver, name: name, code: code, message: cells[3])
        }
        return rows
    }
}

extension Substring {
    fileprivate var trimmed: String {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

@Suite("Errors in libvirt's own words, as recorded")
struct ErrorTableTests {
    typealias Attempt = @Sendable (LibvirtConnection) async throws -> Void

    static let uuid = UUID(uuidString: "11111111-1111-4111-8111-111111111111") ?? UUID()
    static let missing = UUID(uuidString: "33333333-3333-4333-8333-333333333333") ?? UUID()
    static let reservation = DHCPReservation(mac: "52:54:00:00:00:09", name: "x", ip: "10.78.0.9")
    static let network = """
        <network><name>nn</name><bridge name='nnbr0'/><ip address='10.78.0.1' netmask='255.255.255.0'>\
        <dhcp><range start='10.78.0.100' end='10.78.0.199'/></dhcp></ip></network>
        """

    static func xml(_ name: String, uuid: UUID, arch: String = "i686", type: String = "test") -> String {
        """
        <domain type='\(type)'><name>\(name)</name><uuid>\(uuid.uuidString)</uuid><memory unit='MiB'>64</memory>\
        <os><type arch='\(arch)'>hvm</type></os></domain>
        """
    }

    /// What was tried for each row, on a connection with the domain `e1` defined; in this order.
    static let attempts: [(String, Attempt)] = [
        ("define e1", { try await $0.define(xml: xml("e1", uuid: uuid)) }),
        ("define same name, other uuid", { try await $0.define(xml: xml("e1", uuid: missing)) }),
        ("define other name, same uuid", { try await $0.define(xml: xml("e2", uuid: uuid)) }),
        ("define same name+uuid (redefine)", { try await $0.define(xml: xml("e1", uuid: uuid)) }),
        ("define bad XML", { try await $0.define(xml: "<domain") }),
        (
            "define no name",
            { try await $0.define(xml: "<domain type='test'><memory>64</memory><os><type>hvm</type></os></domain>") }
        ),
        ("define name with /", { try await $0.define(xml: xml("a/b", uuid: missing)) }),
        ("define arch unknown", { try await $0.define(xml: xml("e3", uuid: missing, arch: "nope")) }),
        ("lookup missing name", { _ = try await $0.domainXML(.name("nope")) }),
        ("lookup missing uuid", { _ = try await $0.domainXML(.uuid(missing)) }),
        ("destroy not running", { try await $0.destroy(.name("e1")) }),
        ("shutdown not running", { try await $0.shutdown(.name("e1")) }),
        ("network lookup missing", { try await $0.addReservation(reservation, toNetwork: "nonet") }),
        ("networkDefineXML", { try await $0.defineNetwork(xml: network) }),
        ("network update dhcp host", { try await $0.addReservation(reservation, toNetwork: "nn") }),
        ("pool missing", { _ = try await $0.volumeNames(inPool: "nopool") }),
    ]

    static let testAttempts: [(String, Attempt)] = [
        (
            "start running twice",
            {
                try? await $0.start(.name("e1"))
                try await $0.start(.name("e1"))
            }
        ),
        (
            "vol create raw 1MiB",
            {
                try await $0.createVolume(
                    .init(name: "v1.img", capacity: 1 << 20, format: .raw), inPool: "default-pool")
            }
        ),
        (
            "vol duplicate",
            {
                try await $0.createVolume(
                    .init(name: "v1.img", capacity: 1 << 20, format: .raw), inPool: "default-pool")
            }
        ),
        ("vol missing", { try await $0.deleteVolume(named: "zz", inPool: "default-pool") }),
        ("vol upload", { try await $0.upload([1], toVolume: "v1.img", inPool: "default-pool") }),
        (
            "vol qcow2 overlay, base missing",
            {
                let backing = StorageVolume.Backing(path: "/nonexist/base", format: "qcow2")
                try await $0.createVolume(
                    .init(name: "ov.qcow2", capacity: 1 << 20, format: .qcow2, backing: backing), inPool: "default-pool"
                )
            }
        ),
        (
            "vol raw 900 TiB full allocation",
            {
                try await $0.createVolume(
                    .init(name: "big2.img", capacity: 900 << 40, format: .raw, allocation: 900 << 40),
                    inPool: "default-pool")
            }
        ),
        ("undefine running (becomes transient?)", { try await $0.undefine(.name("e1")) }),
    ]

    @Test("the test driver's rows, through a real libvirtd")
    func testDriver() async throws {
        let daemon = try await RealLibvirtd.start()
        try await compare(Self.attempts + Self.testAttempts, driver: "test", uri: daemon.testURI)
    }

    @Test("the QEMU driver's rows that need no emulator", .enabled(if: QEMU.isAvailable))
    func qemuDriver() async throws {
        let daemon = try await RealLibvirtd.start()
        let names = [
            "network lookup missing", "networkDefineXML", "network update dhcp host", "pool missing",
            "lookup missing name", "lookup missing uuid",
        ]
        try await compare(Self.attempts.filter { names.contains($0.0) }, driver: "qemu", uri: daemon.qemuURI)
    }

    private func compare(_ attempts: [(String, Attempt)], driver: String, uri: String) async throws {
        let recorded = try RecordedError.rows(of: driver)
        let connection = LibvirtConnection(uri: uri)
        for (name, attempt) in attempts {
            let row = try #require(recorded[name], "no row '\(name)'")
            var failure: LibvirtError?
            do {
                try await attempt(connection)
            } catch {
                failure = error as? LibvirtError
            }
            #expect(failure?.code.rawValue == row.code, "\(name): \(failure.map(\.description) ?? "done")")
            guard let failure else { continue }
            #expect(failure.message.split(separator: "\n").joined(separator: " ") == row.message, "\(name)")
            #expect(failure.level == .error && failure.uri == uri && !failure.isConnectionLoss, "\(name)")
            #expect(failure.function.hasPrefix("vir") && !failure.object.isEmpty, "\(name)")
        }
        await connection.close()
    }

    @Test("an error says what was tried, for what, where, and what came back")
    func description() async throws {
        let connection = LibvirtConnection(uri: "test:///default")
        let error = await #expect(throws: LibvirtError.self) { try await connection.start(.name("nope")) }
        #expect(
            error?.description
                == "virDomainLookupByName for domain 'nope' on test:///default: Domain not found (libvirt code 42, domain 12)"
        )
        await connection.close()
    }
}
