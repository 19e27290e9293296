import ClusterModel
import OrderedJSON
import Provisioning
import Testing

/// What marks hold is read by hand, and written as Swift writes it: each field has to come back.
@Suite struct InputsJSONTests {
    private func root(_ value: some Encodable) throws -> JSONCursor {
        try JSONDocument(Array(CanonicalJSON.text(value).utf8)).root
    }

    /// A new field that is optional, and left out here, would be forgotten.
    private func isWhole(_ value: some Any) -> Bool {
        Mirror(reflecting: value).children.allSatisfy { child in
            let mirror = Mirror(reflecting: child.value)
            return mirror.displayStyle != .optional || !mirror.children.isEmpty
        }
    }

    private static let node = NodeInputs(
        pool: "p", network: "n", virtualization: .qemu, image: "i \"1\"", format: .raw,
        boot: .kernel(path: "/k", initrd: "/i", arguments: "a=\\"), memoryMiB: 512, vcpus: 2, diskGiB: 20,
        address: IPv4(number: 0x0a00_000b), prefix: 24, gateway: IPv4(number: 0x0a00_0001),
        dns: [IPv4(number: 0x0a00_0002)], sshAuthorizedKeys: ["k é"], userData: "hash", etcd: ["http://e:2379"],
        defaulted: ["dns", "memory"])

    private static var plainNode: NodeInputs {
        var inputs = node
        (inputs.virtualization, inputs.gateway, inputs.userData) = (nil, nil, nil)
        (inputs.boot, inputs.dns, inputs.etcd, inputs.defaulted) = (.disk, [], [], [])
        return inputs
    }

    private static var kernelAlone: NodeInputs {
        var inputs = node
        inputs.boot = .kernel(path: "/k", initrd: nil, arguments: "")
        return inputs
    }

    @Test("a node's inputs come back whole", arguments: [node, plainNode, kernelAlone])
    func nodes(_ inputs: NodeInputs) throws {
        #expect(isWhole(Self.node))
        #expect(try NodeInputs(root(inputs)) == inputs)
    }

    @Test("what a node owns comes back whole", arguments: ["base", nil])
    func owned(_ image: String?) throws {
        let owned = Owned(
            pool: "p", overlay: "o", drive: "d", image: image, network: "n",
            reservation: Reservation(mac: "52:54:00:00:00:01", name: "r", address: IPv4(number: 0x0a00_000b)))
        #expect(isWhole(owned) == (image != nil))
        #expect(try Owned(root(owned)) == owned)
    }

    @Test("an instance's inputs come back whole", arguments: [[:], ["A": "1", "B": "\n\""]])
    func instances(_ env: [String: String]) throws {
        let inputs = InstanceInputs(
            image: "i", env: env, runtime: .podman, node: "a-node-1", address: IPv4(number: 0x0a00_000b), slot: 3,
            etcd: ["http://e:2379"], defaulted: ["runtime"])
        #expect(isWhole(inputs))
        #expect(try InstanceInputs(root(inputs)) == inputs)
    }

    @Test("what an announcer is told comes back whole", arguments: ["600", nil])
    func announcers(_ probe: String?) throws {
        let inputs = AnnouncerInputs(discovery: Discovery.allCases, probe: probe)
        #expect(isWhole(inputs) == (probe != nil))
        #expect(try AnnouncerInputs(root(inputs)) == inputs)
    }

    @Test(
        "a field that is missing, or something else, is an error",
        arguments: [
            ("dns", "null"), ("dns", "[\"x\"]"), ("address", "\"10.0.0.256\""), ("boot", "{}"), ("boot", "\"disk\""),
            ("vcpus", "\"2\""), ("format", "\"vmdk\""), ("defaulted", "null"), ("etcd", "null"), ("pool", "null"),
        ])
    func damaged(_ field: String, _ value: String) throws {
        let whole = CanonicalJSON.text(Self.plainNode)
        // Of a doubled key the first one counts.
        let text = "{\"\(field)\":\(value)," + whole.dropFirst()
        #expect(throws: (any Error).self) { try NodeInputs(JSONDocument(Array(text.utf8)).root) }
        #expect(throws: Never.self) { try NodeInputs(JSONDocument(Array(whole.utf8)).root) }
    }
}
