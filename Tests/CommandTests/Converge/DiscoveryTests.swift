import TestSupport
import Testing

/// The keys of an old dispatcher, as a manifest's `discovery` asks for them.
@Suite struct DiscoveryTests {
    @Test(
        "An old dispatcher's keys are there for each instance, come to a standing cluster by its announcers alone, and go again"
    )
    func old() async throws {
        try await LabSession.run { lab in
            var manifest = ManifestText(nodes: 2, replicas: 2)
            try await lab.apply(manifest)
            #expect(try await lab.old("e2e-asterisk-1/complete") == nil)
            manifest.discovery = ["dialtone", "kamailio-etcd-dispatcher"]
            #expect(
                Set(try await lab.plan(manifest).deeds) == [
                    "placeAnnouncer e2e-announcer-1", "placeAnnouncer e2e-announcer-2",
                ])
            try await lab.apply(manifest)
            // What the announcer before had registered may go only after apply has looked.
            try await eventually("nothing is left to do") {
                try await lab.dialtone("plan", "-f", lab.write(manifest), "--detailed-exitcode").status == 0
            }
            for name in ["e2e-asterisk-1", "e2e-asterisk-2"] {
                try await eventually("an old dispatcher would use \(name)") {
                    try await lab.old("\(name)/complete") == "true"
                }
                #expect(try await lab.old("\(name)/ip")?.hasPrefix("127.") == true)
                #expect(try await lab.old("\(name)/port") == "5060")
            }
            manifest.discovery = nil
            try await lab.apply(manifest)
            try await eventually("its keys are gone") { try await lab.old("e2e-asterisk-1/complete") == nil }
            try await eventually("nothing is left to do") {
                try await lab.dialtone("plan", "-f", lab.write(manifest), "--detailed-exitcode").status == 0
            }
        }
    }
}

extension LabSession {
    /// A key of kamailio-etcd-dispatcher; `nil`: there is none.
    fileprivate func old(_ key: String) async throws -> String? {
        let answer = try JSON(await successful(["curl", "-sS", "\(etcd)/v2/keys/asterisk/\(key)"]))
        return answer["node"]["value"].string
    }
}
