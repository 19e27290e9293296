import ClusterModel
import Testing

@Suite struct IPv4Tests {
    @Test(
        "dotted quads are read and written as they were",
        arguments: ["0.0.0.0", "10.0.0.11", "192.168.122.200", "255.255.255.255"])
    func roundTrip(_ text: String) {
        #expect(IPv4(text)?.description == text)
    }

    @Test(
        "anything else is no address",
        arguments: [
            "", "1", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "1.2.3.-4", "1.2.3.4 ", "1.2..4", "a.b.c.d",
            "١.2.3.4",
        ])
    func refused(_ text: String) {
        #expect(IPv4(text) == nil)
    }

    @Test(
        "two addresses share a network by its prefix alone",
        arguments: [
            ("10.0.0.1", "10.0.0.254", 24, true), ("10.0.0.1", "10.0.1.1", 24, false),
            ("10.0.0.1", "10.0.1.1", 23, true), ("1.2.3.4", "200.1.1.1", 0, true), ("10.0.0.1", "10.0.0.2", 32, false),
        ])
    func prefix(_ a: String, _ b: String, _ prefix: Int, _ expected: Bool) throws {
        #expect(try #require(IPv4(a)).shares(prefix: prefix, with: #require(IPv4(b))) == expected)
    }
}
