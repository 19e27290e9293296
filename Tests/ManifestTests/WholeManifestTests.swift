import ClusterModel
import Manifest
import Testing
import OrderedJSON

@Suite("A right manifest")
struct WholeManifestTests {
    @Test("the whole sample of the design becomes exactly this spec")
    func sampleLoads() throws {
        let spec = try load(sample)
        var expected = ClusterSpec(
            name: "astricon",
            connections: Connections(etcd: ["http://127.0.0.1:2379"], fleet: "unix:/run/fleet.sock"),
            hypervisors: [HypervisorSpec()],
            nodes: NodesSpec(
                count: 4, image: "/var/lib/libvirt/images/node.qcow2",
                addresses: (200...220).map { IPv4(number: 0xC0A8_7A00 + $0) },
                defaulted: [
                    "format", "boot", "memory", "vcpus", "disk", "prefix", "gateway", "dns", "sshAuthorizedKeys",
                    "userData", "pool", "network", "virtualization",
                ]),
            asterisk: AsteriskSpec(
                replicas: 3,
                workload: Workload(image: "registry.example.net/asterisk:20.9", defaulted: ["env", "runtime"])),
            canary: CanarySpec(
                replicas: 1,
                workload: Workload(image: "registry.example.net/asterisk:22.1", defaulted: ["env", "runtime"]),
                weight: 10))
        expected.locations = spec.locations
        #expect(spec == expected)
        #expect(spec.locations["spec.nodes.addresses"] == "m.yaml:6:64")
    }

    @Test("the design's sample as it stands says what is missing, at spec")
    func sampleWithoutConnections() {
        let short = sample.split(separator: "\n").filter { !$0.contains("connections") }.joined(separator: "\n")
        #expect(
            complaints(short) == [
                "m.yaml:4:1: spec.connections.etcd is missing, and an etcd on our own nodes is not in this version; "
                    + "allowed is the URL of one elsewhere, such as http://127.0.0.1:2379, here or as --etcd or DIALTONE_ETCD",
                "m.yaml:4:1: spec.connections.fleet is missing, and its default, fleet over ssh, is not in this version; "
                    + "allowed is unix:PATH or http://HOST:PORT, here or as --fleet or DIALTONE_FLEET",
            ])
    }

    @Test("with every word becomes exactly this spec")
    func everyWord() throws {
        let spec = try load(everyWordText)
        var expected = ClusterSpec(
            name: "all-words",
            connections: Connections(
                etcd: ["https://etcd1.example.net:2379", "https://etcd2.example.net:2379"],
                fleet: "http://192.168.122.10:49153",
                tls: TLSFiles(
                    ca: "/etc/dialtone/ca.pem", certificate: "/etc/dialtone/c.pem", key: "/etc/dialtone/k.pem")),
            hypervisors: [
                HypervisorSpec(name: "hv1", uri: "qemu+ssh://root@hv1/system", pool: "fast pool", network: "voice"),
                HypervisorSpec(name: "hv2", uri: "qemu+tls://hv2/system", virtualization: .qemu),
            ],
            nodes: NodesSpec(
                count: 3, image: "debian-12.raw",
                addresses: [11, 20, 21, 22].map { IPv4(number: 0x0A00_0000 + $0) }, format: .raw,
                boot: .kernel(path: "/boot/vmlinuz", initrd: "/boot/initrd", arguments: "console=ttyS0 quiet"),
                memoryMiB: 3072, vcpus: 3, diskGiB: 2048, prefix: 24, gateway: IPv4("10.0.0.1"),
                dns: [IPv4(number: 0x0A00_0001), IPv4(number: 0x0909_0909)],
                sshAuthorizedKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFJ2cG9y ann"],
                userData: "#!/bin/sh\necho \"100 %\"\n", maxUnavailable: 2),
            asterisk: AsteriskSpec(
                replicas: 5,
                workload: Workload(image: "a/b@sha256:0123", env: ["A": "yes", "B": "1"], runtime: .podman), perNode: 2,
                maxUnavailable: 3, probe: ProbeSpec(extension: "*43")),
            canary: CanarySpec(
                replicas: 1, workload: Workload(image: "a/c:2", env: ["A": "yes", "B": "2"], runtime: .docker),
                weight: 0),
            safety: SafetySpec(maxDestroy: 0), discovery: [.dialtone, .dispatcher])
        expected.locations = spec.locations
        #expect(spec == expected)
    }

    @Test("remembers where each of its words stands, and only those")
    func locations() throws {
        let places = try load(sample.replacing("asterisk:20.9}", with: "asterisk:20.9, env: {A: b}}")).locations
        #expect(
            places == [
                "apiVersion": "m.yaml:1:1", "kind": "m.yaml:2:1", "metadata": "m.yaml:3:1",
                "metadata.name": "m.yaml:3:12", "spec": "m.yaml:4:1", "spec.connections": "m.yaml:5:3",
                "spec.connections.etcd": "m.yaml:5:17", "spec.connections.fleet": "m.yaml:5:48",
                "spec.nodes": "m.yaml:6:3", "spec.nodes.count": "m.yaml:6:11", "spec.nodes.image": "m.yaml:6:21",
                "spec.nodes.addresses": "m.yaml:6:64", "spec.asterisk": "m.yaml:7:3",
                "spec.asterisk.replicas": "m.yaml:7:14", "spec.asterisk.image": "m.yaml:7:27",
                "spec.asterisk.env": "m.yaml:7:70", "spec.canary": "m.yaml:8:3", "spec.canary.replicas": "m.yaml:8:12",
                "spec.canary.image": "m.yaml:8:25", "spec.canary.weight": "m.yaml:8:68",
            ])
        let hypervisors = try load(everyWordText).locations.filter { $0.key.hasPrefix("spec.hypervisors[1]") }
        #expect(
            hypervisors == [
                "spec.hypervisors[1]": "m.yaml:17:7", "spec.hypervisors[1].name": "m.yaml:17:7",
                "spec.hypervisors[1].uri": "m.yaml:18:7", "spec.hypervisors[1].virtualization": "m.yaml:19:7",
            ])
    }

    @Test(
        "gives a canary without weight its part of all replicas, rounded",
        arguments: [
            (3, 1, 25), (7, 1, 13), (2, 1, 33), (1, 2, 67), (0, 1, 100), (4, 0, 0), (0, 0, 0), (199, 1, 1), (201, 1, 0),
        ])
    func defaultWeight(stable: Int, canary: Int, weight: Int) throws {
        let text = sample.replacing("count: 4", with: "count: 300").replacing("122.220", with: "124.220")
            .replacing("replicas: 1", with: "replicas: \(canary)").replacing("replicas: 3", with: "replicas: \(stable)")
            .replacing(", weight: 10", with: "")
        #expect(try load(text).canary?.weight == weight)
    }

    @Test("without a canary has none, and a canary may run the image of the others")
    func canaries() throws {
        let lines = sample.split(separator: "\n")
        #expect(try load(lines.dropLast().joined(separator: "\n")).canary == nil)
        let same = try load(sample.replacing("asterisk:22.1", with: "asterisk:20.9"))
        #expect(same.canary?.workload == same.asterisk.workload)
        let all = try load(sample.replacing("weight: 10", with: "weight: 100"))
        #expect(all.canary?.weight == 100)
    }

    @Test("hands the environment of the stable instances on to the canary, key by key")
    func canaryInherits() throws {
        let text =
            sample
            .replacing("asterisk:20.9", with: "asterisk:20.9, runtime: podman, env: {A: one, B: two}")
            .replacing("weight: 10", with: "env: {B: three, C: four}")
        let spec = try load(text)
        #expect(spec.canary?.workload.env == ["A": "one", "B": "three", "C": "four"])
        #expect(spec.canary?.workload.runtime == .podman)
        #expect(spec.canary?.workload.defaulted == [])
        #expect(spec.asterisk.workload.env == ["A": "one", "B": "two"])
    }

    @Test(
        "carries texts unharmed",
        arguments: [
            "", " ", "a b", "100%", "%n%%", "$HOME ${X} $$", "it's \"quoted\"", "]]>", "<a&b>", "back\\slash",
            "ümläut 日本 🙂",
            "line\nline\n", "tab\there", "-", "#no comment", "~", "true", "08", "a: b", "\u{FEFF}x",
        ])
    func carriesTexts(_ value: String) throws {
        let quoted =
            "\""
            + value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
            .replacing("\t", with: "\\t") + "\""
        let spec = try load(sample.replacing("asterisk:20.9", with: "asterisk:20.9, env: {A: \(quoted)}"))
        #expect(spec.asterisk.workload.env == ["A": value])
    }

    @Test("may be written in all of YAML's styles", arguments: ["\n", "\r\n"])
    func styles(lineEnd: String) throws {
        let text = """
            %YAML 1.2
            ---
            # A comment
            "apiVersion": 'dialtone/v1'
            kind: >-
              Cluster
            metadata: { name: astricon, }
            spec:
              connections: &c
                etcd: "http://127.0.0.1:\\
                  2379"
                fleet: unix:/run/fleet.sock
              nodes:
                count: +4
                image: /var/lib/libvirt/images/node.qcow2
                addresses:
                - 192.168.122.200-192.168.122.219
                - 192.168.122.220
              asterisk: {"replicas": 3, "image": &i "registry.example.net/asterisk:20.9"}
              canary:
                ? replicas
                : 1
                image: registry.example.net/asterisk:22.1
                weight: 10
            ...
            """
        var spec = try load(text.replacing("\n", with: lineEnd))
        var expected = try load(sample)
        spec.locations = [:]
        expected.locations = [:]
        #expect(spec == expected)
    }

    @Test("may be JSON, and may use a value twice by an alias")
    func jsonAndAliases() throws {
        let json = """
            {"apiVersion": "dialtone/v1", "kind": "Cluster", "metadata": {"name": "a"}, "spec": {
              "connections": {"etcd": ["http://a:1"], "fleet": "unix:/f"},
              "nodes": {"count": 1, "image": "/n", "addresses": ["10.0.0.1"]},
              "asterisk": {"replicas": 1, "image": "a:1"}}}
            """
        #expect(try load(json).nodes.count == 1)
        let alias = sample.replacing("asterisk:20.9", with: "asterisk:20.9, env: &e {A: b}")
            .replacing("weight: 10", with: "env: *e")
        #expect(try load(alias).canary?.workload.env == ["A": "b"])
    }

    @Test("shows no secret in a message")
    func secretsStayHidden() {
        let text = sample.replacing("asterisk:20.9", with: "asterisk:20.9, env: {PASSWORD: \"hunter2\\0\", PIN: 1234}")
            .replacing(
                "count: 4", with: "count: 4, userData: \"token=hunter2\", sshAuthorizedKeys: [\"PRIVATE KEY hunter2\"]")
        let found = complaints(text)
        #expect(found.count == 4)
        #expect(found.allSatisfy { !$0.contains("hunter2") && !$0.contains("1234") })
    }
}

private let everyWordText = """
    apiVersion: dialtone/v1
    kind: Cluster
    metadata:
      name: all-words
    spec:
      connections:
        libvirt: test:///default
        etcd: ["https://etcd1.example.net:2379", "https://etcd2.example.net:2379"]
        fleet: http://192.168.122.10:49153
        tls: {ca: /etc/dialtone/ca.pem, certificate: /etc/dialtone/c.pem, key: /etc/dialtone/k.pem}
      hypervisors:
        - name: hv1
          uri: qemu+ssh://root@hv1/system
          pool: fast pool
          network: voice

        - name: hv2
          uri: qemu+tls://hv2/system
          virtualization: qemu
      nodes:
        count: 3
        image: debian-12.raw
        format: raw
        boot: {kernel: /boot/vmlinuz, initrd: /boot/initrd, arguments: console=ttyS0 quiet}
        memory: 3GiB
        vcpus: 3
        disk: 2TiB
        addresses: [10.0.0.11/24, 10.0.0.20-10.0.0.22]
        gateway: 10.0.0.1
        dns: [10.0.0.1, 9.9.9.9]
        provisioning: nocloud
        sshAuthorizedKeys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFJ2cG9y ann]
        userData: |
          #!/bin/sh
          echo "100 %"
        rollout: {maxUnavailable: 2}
      asterisk:
        replicas: 5
        perNode: 2
        image: a/b@sha256:0123
        runtime: podman
        env: {A: yes, B: "1"}
        rollout: {maxUnavailable: 3}
        probe: {extension: "*43"}
      canary:
        replicas: 1
        image: a/c:2
        runtime: docker
        env: {B: "2"}
        weight: 0
      safety:
        maxDestroy: 0
      discovery: [kamailio-etcd-dispatcher, dialtone]
    """
