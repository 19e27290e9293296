import TestSupport

/// What is not ours.
extension LabSession {
    /// Things that others have in each system, with names that do not touch ours.
    func makeForeignObjects() async throws {
        let domain = """
            <domain type='test'><name>others-node-1</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
            <os><type>hvm</type></os><description>a &lt; b &amp;&amp; "c" ]]&gt; ü</description></domain>
            """
        try await virsh("define", files.write(domain, to: "others.xml"))
        try await virsh("start", "others-node-1")
        try await virsh("vol-create-as", "default-pool", "others-node-1.qcow2", "1M")
        let prefix = try await networkPrefix()
        try await reserve("\(prefix).200", for: "52:54:00:00:00:02", name: "others")
        try await putForeignUnit("others-asterisk-1")
        try await etcdctl("put", "/dialtone/others/shares", "not ours")
        try await etcdctl("put", "/dialtone/e2e2/shares", "not ours either")
    }

    /// What `makeForeignObjects` made, as each system shows it.
    func foreignObjects() async throws -> [String] {
        let network = try await virsh("net-dumpxml", "dialtone").split(separator: "\n")
        return [
            try await virsh("dumpxml", "others-node-1"), try await virsh("dumpxml", "--inactive", "others-node-1"),
            try await virsh("domstate", "others-node-1"),
            try await virsh("vol-dumpxml", "--pool", "default-pool", "others-node-1.qcow2"),
            network.filter { $0.contains("others") }.joined(separator: "\n"),
            try await curlFleet("units/others-asterisk-1.service"),
            try await etcdctl("get", "/dialtone/others", "--prefix", "-w", "fields"),
        ].map { $0.replacing(/"(Revision|RaftTerm)" : \d+/, with: "") }
    }

    /// `127.93.7`
    func networkPrefix() async throws -> String {
        let network = try await virsh("net-dumpxml", "dialtone")
        guard let gateway = network.firstMatch(of: /ip address='([0-9.]*)\.1'/) else { return "" }
        return String(gateway.1)
    }

    func reserve(_ address: String, for mac: String, name: String) async throws {
        try await virsh(
            "net-update", "dialtone", "add", "ip-dhcp-host",
            "<host mac='\(mac)' name='\(name)' ip='\(address)'/>", "--live", "--config")
    }

    func putForeignUnit(_ name: String) async throws {
        try await curlFleet(
            "units/\(name).service", method: "PUT",
            body: """
                {"desiredState":"inactive","options":[{"section":"Service","name":"ExecStart","value":"/bin/sleep 1000"}]}
                """)
    }
}
