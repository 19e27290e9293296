import ClusterModel
import Manifest
import Testing

@Suite("Several files and overrides")
struct MergeTests {
    private typealias Value = ManifestOverrides.Value

    @Test("are joined key by key: the last one wins, lists and scalars are replaced")
    func lastWins() throws {
        let first = """
            apiVersion: dialtone/v1
            kind: Cluster
            metadata: {name: a}
            spec:
              connections: {etcd: ["http://a:1", "http://b:1"], fleet: "unix:/a"}
              nodes: {count: 2, image: /a, addresses: [10.0.0.1, 10.0.0.2], memory: 1GiB}
              asterisk: {replicas: 2, image: a:1, env: {A: one, B: two}}
            """
        let second = """
            spec:
              nodes: {count: 3, addresses: 10.0.1.1-10.0.1.3}
              asterisk: {env: {B: three, C: four}}
              safety: {maxDestroy: 1}
            """
        let lab = """
            spec:
              connections: {etcd: "http://127.0.0.1:5000"}
              nodes: {image: base.qcow2, boot: {kernel: /k}, memory: 128MiB}
            """
        let spec = try load([("a.yaml", first), ("b.yaml", second), ("lab.yaml", lab)])
        #expect(spec.connections == Connections(etcd: ["http://127.0.0.1:5000"], fleet: "unix:/a"))
        #expect(spec.nodes.count == 3)
        #expect(spec.nodes.image == "base.qcow2")
        #expect(spec.nodes.memoryMiB == 128)
        #expect(spec.nodes.boot == .kernel(path: "/k", initrd: nil, arguments: ""))
        #expect(spec.nodes.addresses.map(\.description) == ["10.0.1.1", "10.0.1.2", "10.0.1.3"])
        #expect(spec.asterisk.workload.env == ["A": "one", "B": "three", "C": "four"])
        #expect(spec.safety.maxDestroy == 1)
        #expect(spec.locations["spec.nodes"] == "a.yaml:6:3")
        #expect(spec.locations["spec.nodes.memory"] == "lab.yaml:3:50")
        #expect(spec.locations["spec.nodes.count"] == "b.yaml:2:11")
        #expect(spec.locations["spec.connections.fleet"] == "a.yaml:5:53")
        #expect(spec.locations["spec.nodes.gateway"] == nil)
    }

    @Test("have their problems where each was written, in the order of the files")
    func problemsKeepTheirPlaces() {
        let second = """
            spec:
              nodes: {count: many}
              asterisk: {replicas: 3, imgae: a:2}
            """
        let third = "spec: {nodes: {memory: 2GB}, homer: {}}"
        let found = complaints { () throws(ManifestErrors) in
            _ = try load([
                ("a.yaml", sample.replacing("weight: 10", with: "weight: 1000")), ("b.yaml", second), ("c.yaml", third),
            ])
        }
        #expect(
            found == [
                "a.yaml:8:76: spec.canary.weight is the number 1000; allowed is a whole number from 0 to 100",
                "b.yaml:2:18: spec.nodes.count is \"many\"; allowed is a whole number from 0 to 10000",
                "b.yaml:3:27: spec.asterisk has no key 'imgae' (did you mean 'image'?); "
                    + "allowed are replicas, perNode, image, env, runtime, rollout, drain, probe",
                "c.yaml:1:24: spec.nodes.memory is \"2GB\"; "
                    + "allowed is a size with its unit, such as 2GiB or 2048MiB, from 64MiB to 16384GiB",
                "c.yaml:1:30: spec has the key 'homer', which is not in this version; "
                    + "allowed are connections, hypervisors, nodes, asterisk, canary, kamailio, emergencyNumbers, safety, discovery",
            ])
    }

    @Test("do not complain about what was replaced by something right")
    func replacedIsForgotten() throws {
        let wrong = sample.replacing("count: 4", with: "count: four")
        #expect(try load([("a.yaml", wrong), ("b.yaml", "spec: {nodes: {count: 4}}")]).nodes.count == 4)
    }

    @Test("that cannot be read are all named")
    func allUnreadable() {
        let found = complaints { () throws(ManifestErrors) in
            _ = try load([("a.yaml", "a: ["), ("b.yaml", sample), ("c.yaml", "")])
        }
        #expect(found.map { String($0.prefix(9)) } == ["a.yaml:2:", "c.yaml:1:"])
    }

    @Test("a scalar over a mapping, and a mapping over a scalar, replace it")
    func kindsReplace() throws {
        let kernel = "spec: {nodes: {boot: {kernel: /k, arguments: quiet}}}"
        let disk = "spec: {nodes: {boot: disk}}"
        #expect(try load([("a", sample), ("b", kernel), ("c", disk)]).nodes.boot == .disk)
        #expect(
            try load([("a", sample), ("b", disk), ("c", kernel)]).nodes.boot
                == .kernel(path: "/k", initrd: nil, arguments: "quiet"))
    }

    @Test("overrides win over every file, and make up for what no file has")
    func overridesWin() throws {
        let overrides = ManifestOverrides(
            libvirt: Value("test:///default", origin: "DIALTONE_LIBVIRT"),
            etcd: Value("http://a:1,http://b:1", origin: "--etcd"), fleet: Value("unix:/f", origin: "--fleet"))
        let short = sample.split(separator: "\n").filter { !$0.contains("connections") }.joined(separator: "\n")
        for text in [sample, short] {
            let spec = try load(text, overrides)
            #expect(spec.connections.controllerEtcd ?? spec.connections.etcd == ["http://a:1", "http://b:1"])
            #expect(spec.connections.fleet == "unix:/f")
            #expect(spec.hypervisors == [HypervisorSpec(uri: "test:///default")])
            #expect(spec.locations["spec.connections.etcd"] == "--etcd:1:1")
        }
    }

    @Test(
        "a way to etcd that a flag names is this process's alone: nodes and agents are told what the files say, if they say it"
    )
    func etcdOfAgents() throws {
        let flag = ManifestOverrides(etcd: Value("http://localhost:2379", origin: "--etcd"))
        let connections = try load(sample, flag).connections
        #expect(connections.etcd == ["http://127.0.0.1:2379"])
        #expect(connections.controllerEtcd == ["http://localhost:2379"])
        let silent = sample.replacing("etcd: \"http://127.0.0.1:2379\", ", with: "")
        #expect(try load(silent, flag).connections.etcd == ["http://localhost:2379"])
        #expect(try load(silent, flag).connections.controllerEtcd == nil)
        let same = ManifestOverrides(etcd: Value("http://127.0.0.1:2379", origin: "--etcd"))
        #expect(try load(sample, same).connections == load(sample).connections)
        let found = complaints { () throws(ManifestErrors) in
            _ = try load(sample.replacing("http://127.0.0.1:2379", with: "nowhere"), flag)
        }
        #expect(
            found == [
                "m.yaml:5:23: spec.connections.etcd is \"nowhere\"; allowed is a URL such as http://127.0.0.1:2379 or "
                    + "https://etcd.example.net:2379"
            ])
    }

    @Test("of two clusters are no manifest: the second name is refused with the place of the first")
    func twoClusters() throws {
        let other = sample.replacing("astricon", with: "beta")
        let found = complaints { () throws(ManifestErrors) in
            _ = try load([("a.yaml", sample), ("part.yaml", "spec: {safety: {maxDestroy: 1}}"), ("b.yaml", other)])
        }
        #expect(
            found == [
                "b.yaml:3:18: metadata.name is \"beta\", another cluster than \"astricon\" (a.yaml:3:18); "
                    + "allowed are files of one cluster"
            ])
        #expect(try load([("a.yaml", sample), ("b.yaml", sample)]).name == "astricon")
    }

    @Test("an override that is wrong is named by its flag or variable")
    func wrongOverrides() {
        let overrides = ManifestOverrides(
            libvirt: Value("", origin: "DIALTONE_LIBVIRT"), etcd: Value("http://a:1,b", origin: "--etcd"),
            fleet: Value("ssh://a", origin: "--fleet"))
        let found = complaints { () throws(ManifestErrors) in _ = try load(sample, overrides) }
        #expect(
            found == [
                "DIALTONE_LIBVIRT:1:1: spec.connections.libvirt is \"\"; allowed is a libvirt URI such as qemu:///system or "
                    + "qemu+ssh://root@hv1.example.net/system",
                "--etcd:1:12: spec.connections.etcd[1] is \"b\"; allowed is a URL such as http://127.0.0.1:2379 or "
                    + "https://etcd.example.net:2379",
                "--fleet:1:1: spec.connections.fleet is \"ssh://a\", which is not in this version; "
                    + "allowed is unix:PATH or http://HOST:PORT",
            ])
    }

    @Test("a libvirt that a flag names wins over the URI of a hypervisor that stands alone, and cannot stand for two")
    func libvirtAndHypervisors() throws {
        let flag = ManifestOverrides(libvirt: Value("test:///default", origin: "--libvirt"))
        func with(_ hypervisors: String) -> String {
            sample.replacing("  nodes:", with: "  hypervisors: \(hypervisors)\n  nodes:")
        }
        let one = with("[{name: hv1, uri: \"qemu:///system\", pool: fast}]")
        #expect(try load(one).hypervisors == [HypervisorSpec(name: "hv1", uri: "qemu:///system", pool: "fast")])
        #expect(try load(one, flag).hypervisors == [HypervisorSpec(name: "hv1", uri: "test:///default", pool: "fast")])
        let two = with("[{name: hv1, uri: \"qemu:///system\"}, {name: hv2, uri: \"qemu+ssh://b/system\"}]")
        #expect(
            complaints { () throws(ManifestErrors) in _ = try load(two, flag) } == [
                "--libvirt:1:1: --libvirt names one libvirt, and the manifest has 2 with URIs of their own; "
                    + "allowed is one of theirs, or none"
            ])
        let same = ManifestOverrides(libvirt: Value("qemu:///system", origin: "--libvirt"))
        #expect(try load(two, same).hypervisors.map(\.uri) == ["qemu:///system", "qemu+ssh://b/system"])
    }
}
