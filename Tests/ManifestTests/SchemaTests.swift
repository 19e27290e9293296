import FoundationEssentials
import Manifest
import Testing
import OrderedJSON

@Suite("The JSON Schema")
struct SchemaTests {
    @Test("in schemas/ is what the words give")
    func fileIsCurrent() throws {
        let file = try String(
            contentsOf: repository.appending(path: "schemas/cluster.schema.json"), encoding: .utf8)
        #expect(file == Manifest.schemaJSON())
    }

    @Test("takes the design's sample, with and without connections, and refuses what is no manifest")
    func takesSample() throws {
        let short = sample.split(separator: "\n").filter { !$0.contains("connections") }.joined(separator: "\n")
        let reasons = try SchemaValidator.reasons([sample, short, "[]", "a: b"], schema: Manifest.schemaJSON())
        #expect(reasons[0] == nil)
        #expect(reasons[1] == nil)
        #expect(reasons[2] != nil)
        #expect(reasons[3] != nil)
    }

    @Test("refuses every wrong manifest but those whose fault no schema can say")
    func refusesWrongManifests() throws {
        let reasons = try SchemaValidator.reasons(
            WrongManifest.all.map(\.text), schema: Manifest.schemaJSON())
        let taken = zip(WrongManifest.all, reasons).filter { $1 == nil }.map { $0.0.title }
        #expect(Set(taken) == Self.beyondSchemas)
    }

    /// Faults between two words, faults of numbers inside texts, what PyYAML passes over (doubled keys, merge keys, numbers
    /// of YAML 1.1), and connections, which flags may give. Python's `$` also fits before a last line break.
    private static let beyondSchemas: Set<String> = [
        "address in two ranges", "address of network 0", "address of the network itself",
        "address outside its network", "address that is none", "address twice", "address with leading zeros",
        "broadcast address", "canary alone with a part of the calls", "canary of 0 with a weight",
        "canary steps without anything that deals",
        "canary too many",
        "canary match of a network that is none", "canary match of a value without header",
        "canary match that names nothing", "canary match without anything that deals",
        "certificate without key", "connections empty", "connections missing", "container image with a line break",
        "count begins with 0", "count is a fraction that is whole", "count is hexadecimal",
        "count with an underscore", "discovery twice", "discovery without dialtone", "disk of very many digits",
        "disk too large", "dns twice",
        "drain timeout of more than a week", "env name of Dialtone",
        "emergency number twice", "emergencyNumbers without anything that deals", "env name twice",
        "etcd lists one twice", "etcd missing", "etcd port 0", "etcd port too large",
        "fleet missing", "fleet port too large", "fleet socket path too long", "gateway among the addresses",
        "gateway is the broadcast address", "gateway outside the network", "gateway that no machine has",
        "hypervisor name twice", "hypervisor uri twice", "kamailio name twice",
        "kamailio without replicas and external", "kamailio replicas without image",
        "kamailio replicas more than nodes",
        "kamailio image without replicas", "kamailio listens where Asterisk does", "kamailio sets twice the same",
        "kamailio trusts no network", "key twice", "key without certificate",
        "memory too large",
        "memory too small", "merge key", "multicast address", "name twice", "prefix of 0", "prefix too long",
        "range leaves its network", "range of millions", "range that ends before it begins",
        "ranges of too many together", "replicas more than nodes", "replicas more than two a node",
        "too few addresses", "two hypervisors without uri", "two prefixes", "two ranges overlap",
    ]

    @Test("takes every text that reading takes, and the other way round", arguments: Texts.all)
    func agreesWithReading(_ texts: Texts) throws {
        let documents = texts.values.map { texts.manifest($0) }
        let reasons = try SchemaValidator.reasons(documents, schema: Manifest.schemaJSON())
        for (document, (value, reason)) in zip(documents, zip(texts.values, reasons)) {
            #expect(complaints(document).isEmpty == (reason == nil), "\(texts.word): \(value)")
        }
    }
}

@Suite("Each example in manifests/")
struct ExampleTests {
    static let names: [String] = {
        let folder = repository.appending(path: "manifests").path
        return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }()

    private func text(_ name: String) throws -> String {
        try String(contentsOf: repository.appending(path: "manifests/\(name)"), encoding: .utf8)
    }

    @Test("is read without a problem", arguments: names)
    func isRead(_ name: String) throws {
        #expect(complaints(try text(name)) == [])
    }

    @Test("begins with the line that tells an editor its schema", arguments: names)
    func hasEditorLine(_ name: String) throws {
        #expect(try text(name).hasPrefix("# yaml-language-server: $schema=../schemas/cluster.schema.json\n"))
    }

    @Test("is taken by the JSON Schema, and there are at least five")
    func isTaken() throws {
        #expect(Self.names.count >= 5)
        let reasons = try SchemaValidator.reasons(
            try Self.names.map { try text($0) }, schema: Manifest.schemaJSON())
        #expect(reasons == Self.names.map { _ in nil })
    }
}
