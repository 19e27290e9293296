import ConfigDrive
import Testing

@testable import Lab

@Suite struct NodeDriveTests {
    /// The user data that Dialtone writes, as one line of JSON.
    static func userData(node: String) -> String {
        let conf =
            #"etcd_servers=[\"http://127.0.0.1:2379\"]\nmetadata=\"dialtone-node=\#(node),rack=r1\"\npublic_ip=\"10.0.0.1\"\n"#
        return "#cloud-config\n"
            + #"{"hostname":"\#(node)","write_files":[{"content":"x","path":"/etc/other","permissions":"0644"},"#
            + #"{"content":"\#(conf)","path":"/etc/fleet/fleet.conf","permissions":"0644"}]}"# + "\n"
    }

    static func network(_ address: String) -> String {
        #"{"ethernets":{"primary":{"addresses":["\#(address)/24"],"match":{"macaddress":"52:54:00:00:00:01"}}},"version":2}"#
    }

    @Test("A drive's image gives fleet's metadata and the node's address")
    func reads() throws {
        let image = try isoImage(
            label: "cidata",
            files: [
                ("meta-data", Array("{}".utf8)), ("network-config", Array(Self.network("127.70.1.11").utf8)),
                ("user-data", Array(Self.userData(node: "a-node-1").utf8)),
            ])
        let drive = try #require(NodeDrive(image: image))
        #expect(drive.address == "127.70.1.11")
        #expect(drive.metadata == ["dialtone-node": "a-node-1", "rack": "r1"])
    }

    @Test("User data of several parts is searched for the one that configures fleet")
    func multipart() throws {
        let text = """
            Content-Type: multipart/mixed; boundary="b"
            MIME-Version: 1.0

            --b
            Content-Type: text/cloud-config; charset="utf-8"

            \(Self.userData(node: "a-node-2"))
            --b
            Content-Type: text/x-shellscript

            #!/bin/sh
            { echo not json; }
            --b--
            """
        #expect(
            NodeDrive(userData: text, networkConfig: Self.network("1.2.3.4"))?.metadata["dialtone-node"] == "a-node-2")
    }

    @Test(
        "Without fleet's configuration or an address there is no machine",
        arguments: [
            ("#!/bin/sh\n", network("1.2.3.4")), (userData(node: "n"), "{}"), (userData(node: "n"), "version: 2"),
            ("#cloud-config\n{\"write_files\":[]}\n", network("1.2.3.4")),
        ])
    func lacking(userData: String, network: String) {
        #expect(NodeDrive(userData: userData, networkConfig: network) == nil)
    }

    @Test("Bytes that are no drive give no machine")
    func noDrive() {
        #expect(NodeDrive(image: []) == nil)
        #expect(NodeDrive(image: [UInt8](repeating: 7, count: 100_000)) == nil)
    }
}
